import { once } from 'node:events';

import { describe, expect, it } from '@jest/globals';
import { startRedisServer, startTcpProxy } from '@phi/testkit';

import { connectRedis } from './connect.js';

describe('connectRedis', () => {
  it('fails what is under way behind an address that takes connections and closes them', async () => {
    const server = await startRedisServer();
    const proxy = await startTcpProxy(server.port);
    const redis = connectRedis(proxy.url, () => undefined);
    try {
      await once(redis, 'ready');
      server.pause();
      const underWay = redis.get('key');
      // Sent in the next turn, with whatever else is asked for in this one.
      await new Promise(setImmediate);
      proxy.cut();
      await expect(underWay).rejects.toThrow('Connection is closed.');
      server.resume();
      proxy.mend();
      await once(redis, 'ready');
      expect(await redis.set('key', 'value')).toBe('OK');
    } finally {
      redis.disconnect();
      await proxy.close();
      await server.stop();
    }
  });
});
