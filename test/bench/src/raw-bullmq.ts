import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';

import type { Contender } from './contender.js';

/** BullMQ alone: a job added, taken and completed, and kept. */
export async function openRawBullmq(redisUrl: string, concurrency: number): Promise<Contender> {
  const producer = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const consumer = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const prefix = '{bench-raw}';
  const queue = new Queue('bench', { connection: producer, prefix });
  let onDone: () => void = () => undefined;
  const worker = new Worker('bench', () => Promise.resolve({ status: 'SUCCESS' }), {
    connection: consumer,
    prefix,
    concurrency,
  });
  worker.on('completed', () => onDone());
  await worker.waitUntilReady();
  return {
    name: 'raw BullMQ',
    async run(count, inFlight) {
      let done = 0;
      const allDone = new Promise<void>((resolve) => {
        onDone = () => {
          done += 1;
          if (done === count) resolve();
        };
      });
      for (let at = 0; at < count; at += inFlight) {
        await Promise.all(Array.from({ length: Math.min(inFlight, count - at) }, () => queue.add('job', {})));
      }
      await allDone;
    },
    async close() {
      await worker.close();
      await queue.close();
      producer.disconnect();
      consumer.disconnect();
    },
  };
}
