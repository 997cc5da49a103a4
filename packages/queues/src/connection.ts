import { randomInt } from 'node:crypto';

import { CONNECTION_BOUNDS, failUnanswered, reconnectPauseMs, WAITING_SOCKET_TIMEOUT_MS } from '@phi/core';
import { RedisConnection } from 'bullmq';
import { Redis } from 'ioredis';

const SHARES = 1000;

const OPTIONS = {
  ...CONNECTION_BOUNDS,
  enableAutoPipelining: true,
  retryStrategy: (attempt: number): number => reconnectPauseMs(attempt, randomInt(SHARES) / SHARES),
};

/**
 * For every queue and worker: BullMQ asks INFO for the version, which a managed Redis may forbid. Services have checked it where it can
 * be asked.
 */
export const UNASKED = { skipVersionCheck: true } as const;

/**
 * What BullMQ takes an unasked Redis for; the oldest that Phi takes. For the one it would take it for otherwise, workers wait in whole
 * seconds, and what is delayed comes late.
 */
RedisConnection.minimumVersion = '7.0.0';

/** A connection for adding to queues and reading them: commands fail while Redis is away. */
export function producerConnection(url: string): Redis {
  const redis = quiet(new Redis(url, { ...OPTIONS, maxRetriesPerRequest: 1 }));
  failUnanswered(redis);
  return redis;
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
