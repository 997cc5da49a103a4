import { testRedis, type TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { BullDeliveryQueue } from './delivery-queue.js';
import { ExecutionWorker } from './execution-worker.js';

const onError = (): void => undefined;

describe('ExecutionWorker', () => {
  let corner: TestRedis;
  let queue: BullDeliveryQueue;

  beforeEach(() => {
    corner = testRedis('execution-worker');
    const { url: redisUrl, namespace } = corner;
    queue = new BullDeliveryQueue({ redisUrl, namespace, onError });
  });
  afterEach(async () => {
    await queue.close();
    await corner.cleanup();
  });

  function open(pools: readonly string[], onDelivery: (id: string) => Promise<void>): ExecutionWorker {
    const { url: redisUrl, namespace } = corner;
    return new ExecutionWorker({ redisUrl, namespace, concurrency: 2, pools, onDelivery, onError });
  }

  const deliver = (ids: readonly string[], pool?: string): Promise<void> =>
    queue.deliver(
      ids.map((execution_id) => ({ execution_id, delivery: 0, ...(pool === undefined ? {} : { pool }) })),
    );

  it('takes from the queues of its pools alone, with its places for all of them together', async () => {
    await deliver(['common']);
    await deliver(['r1', 'r2', 'r3'], 'red');
    await deliver(['b1', 'b2', 'b3'], 'blue');
    await deliver(['other'], 'green');
    const taken: string[] = [];
    let running = 0;
    let most = 0;
    let meet: () => void = () => undefined;
    const met = new Promise<void>((resolve) => (meet = resolve));
    await new Promise<void>((resolve, reject) => {
      const worker = open(['red', 'blue', 'red'], async (id) => {
        most = Math.max(most, ++running);
        // The first has company, however long the second place takes to be filled.
        if (running === 2) meet();
        await met;
        // Whatever could be taken beside it has been asked for by then.
        await queue.depth();
        await queue.isWaiting({ execution_id: id, delivery: 0 });
        running--;
        taken.push(id);
        if (taken.length === 6) resolve(worker.close(5000).catch(reject));
      });
    });
    expect(taken.sort()).toEqual(['b1', 'b2', 'b3', 'r1', 'r2', 'r3']);
    expect(most).toBe(2);
    expect(await queue.isWaiting({ execution_id: 'common', delivery: 0 })).toBe(true);
    expect(await queue.isWaiting({ execution_id: 'other', delivery: 0, pool: 'green' })).toBe(true);
  });

  it('takes from the common queue where it names no pools', async () => {
    await deliver(['dedicated'], 'red');
    await deliver(['common']);
    const taken = await new Promise<string>((resolve) => {
      const worker = open([], async (id) => {
        void worker.close(5000).then(() => resolve(id));
      });
    });
    expect(taken).toBe('common');
    expect(await queue.isWaiting({ execution_id: 'dedicated', delivery: 0, pool: 'red' })).toBe(true);
  });
});
