import { randomInt } from 'node:crypto';

import { CONNECTION_BOUNDS, reconnectPauseMs, WAITING_SOCKET_TIMEOUT_MS } from '@phi/core';
import { Redis } from 'ioredis';

const SHARES = 1000;

const OPTIONS = {
  ...CONNECTION_BOUNDS,
  enableAutoPipelining: true,
  retryStrategy: (attempt: number): number => reconnectPauseMs(attempt, randomInt(SHARES) / SHARES),
};

/** A connection for adding to queues and reading them: commands fail while Redis is away. */
export function producerConnection(url: string): Redis {
  return quiet(new Redis(url, { ...OPTIONS, maxRetriesPerRequest: 1 }));
}

/** A connection for taking from queues: BullMQ's blocking reads must not be given up. */
export function consumerConnection(url: string): Redis {
  const waiting = { socketTimeout: WAITING_SOCKET_TIMEOUT_MS, maxRetriesPerRequest: null };
  return quiet(new Redis(url, { ...OPTIONS, ...waiting }));
}

/** Connection errors reach the caller through the queue or worker that uses the connection. */
function quiet(redis: Redis): Redis {
  redis.on('error', () => undefined);
  return redis;
}
