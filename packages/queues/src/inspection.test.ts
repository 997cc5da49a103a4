import { testRedis } from '@phi/testkit';
import { describe, expect, it } from '@jest/globals';

import { openQueuesForInspection } from './inspection.js';

describe('openQueuesForInspection', () => {
  it.each([
    ['another', []],
    ['default', ['bull.phi_manual', 'bull.phi_events']],
  ])('opens every queue of the namespace %s, each under a name of its own', async (namespace, plain) => {
    const { url: redisUrl } = testRedis('inspection');
    const inspection = openQueuesForInspection({ redisUrl, namespace, onError: () => undefined });
    const names = inspection.queues.map(({ queue, namePrefix }) => `${namePrefix}${queue.name}`);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.startsWith('bull.'))).toEqual(plain);
    expect(names).toEqual(
      expect.arrayContaining([
        'phi_executions',
        'phi_manual',
        'phi_events',
        'phi_scheduling_errors',
        'phi_dead_letter',
      ]),
    );
    await inspection.close();
  });
});
