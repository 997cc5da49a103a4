import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { producerConnection } from './connection.js';
import { EXECUTIONS_QUEUE, queuePrefix } from './names.js';

/** The queues of a namespace, for people to look into (Bull Board). */
export interface InspectedQueues {
  readonly queues: readonly Queue[];
  close(): Promise<void>;
}

export function openQueuesForInspection(options: {
  readonly redisUrl: string;
  readonly namespace: string;
  readonly onError: (error: Error) => void;
}): InspectedQueues {
  const connection: Redis = producerConnection(options.redisUrl);
  const queues = [EXECUTIONS_QUEUE].map(
    (name) =>
      new Queue(name, { connection, prefix: queuePrefix(options.namespace), skipWaitingForReady: true }),
  );
  for (const queue of queues) queue.on('error', options.onError);
  return {
    queues,
    async close() {
      await Promise.all(queues.map((queue) => queue.close().catch(() => undefined)));
      connection.disconnect();
    },
  };
}
