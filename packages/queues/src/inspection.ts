import { ERROR_QUEUES } from '@phi/core';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { producerConnection, UNASKED } from './connection.js';
import {
  EXECUTIONS_QUEUE,
  executionsQueue,
  INTAKE_QUEUES,
  intakePrefixes,
  PLAIN_PREFIX,
  queuePrefix,
} from './names.js';

/** A queue for people to look into. */
export interface InspectedQueue {
  readonly queue: Queue;
  /** Goes before its name, to tell it from one of the same name; empty for the namespace's own. */
  readonly namePrefix: string;
}

/** The queues of a namespace, for people to look into (Bull Board). */
export interface InspectedQueues {
  readonly queues: readonly InspectedQueue[];
  /** The queue of a dedicated pool; opened anew at each call, and closed with the others. */
  openDedicated(pool: string): InspectedQueue;
  close(): Promise<void>;
}

export function openQueuesForInspection(options: {
  readonly redisUrl: string;
  readonly namespace: string;
  readonly onError: (error: Error) => void;
}): InspectedQueues {
  const connection: Redis = producerConnection(options.redisUrl);
  const opened: Queue[] = [];
  const open = (name: string, prefix: string): InspectedQueue => {
    const queue = new Queue(name, { connection, prefix, skipWaitingForReady: true, ...UNASKED });
    queue.on('error', options.onError);
    opened.push(queue);
    return { queue, namePrefix: prefix === PLAIN_PREFIX ? `${PLAIN_PREFIX}.` : '' };
  };
  return {
    queues: placesOf(options.namespace).map(({ name, prefix }) => open(name, prefix)),
    openDedicated: (pool) => open(executionsQueue(pool), queuePrefix(options.namespace)),
    async close() {
      await Promise.all(opened.map((queue) => queue.close().catch(() => undefined)));
      connection.disconnect();
    },
  };
}

function placesOf(namespace: string): { name: string; prefix: string }[] {
  const own = queuePrefix(namespace);
  return [
    { name: EXECUTIONS_QUEUE, prefix: own },
    ...intakePrefixes(namespace).flatMap((prefix) => INTAKE_QUEUES.map((name) => ({ name, prefix }))),
    ...ERROR_QUEUES.map((name) => ({ name, prefix: own })),
  ];
}
