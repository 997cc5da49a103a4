import { describe, expect, it } from '@jest/globals';
import { loseUnderWay } from '@phi/testkit';

import { producerConnection } from './connection.js';

describe('producerConnection', () => {
  it('fails what is under way behind an address that takes connections and closes them', async () => {
    const lost = await loseUnderWay(producerConnection);
    try {
      await expect(lost.command).rejects.toThrow('Connection is closed.');
      expect(await lost.comeBack()).toBe('OK');
    } finally {
      await lost.close();
    }
  });
});
