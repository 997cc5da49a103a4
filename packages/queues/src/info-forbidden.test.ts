import { startRedisServer, type RedisServer } from '@phi/testkit';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { producerConnection } from './connection.js';
import { BullDeliveryQueue } from './delivery-queue.js';
import { ExecutionWorker } from './execution-worker.js';

let server: RedisServer;
beforeEach(async () => {
  server = await startRedisServer();
  const redis = producerConnection(server.url);
  await redis.call('ACL', 'SETUSER', 'default', '-info');
  redis.disconnect();
});
afterEach(() => server.stop());

it('delivers and takes on a Redis that may not be asked for INFO', async () => {
  const place = { redisUrl: server.url, namespace: 'unasked' };
  const errors: Error[] = [];
  const onError = (error: Error): void => {
    errors.push(error);
  };
  const queue = new BullDeliveryQueue({ ...place, onError });
  await queue.deliver([{ execution_id: 'one', delivery: 1 }]);
  let worker: ExecutionWorker | undefined;
  const taken = await new Promise<string>((resolve) => {
    const onDelivery = (id: string): Promise<void> => {
      resolve(id);
      return Promise.resolve();
    };
    worker = new ExecutionWorker({ ...place, concurrency: 1, pools: [], onDelivery, onError });
  });
  expect([taken, errors]).toEqual(['one', []]);
  await worker?.close(1000);
  await queue.close();
});
