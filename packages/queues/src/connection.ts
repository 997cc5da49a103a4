import { Redis } from 'ioredis';

/** The longest pause between two attempts to reconnect, in milliseconds. */
const RECONNECT_AT_MOST_MS = 2000;

function retryStrategy(attempt: number): number {
  return Math.min(50 * 2 ** Math.min(attempt, 6), RECONNECT_AT_MOST_MS);
}

/** A connection for adding to queues and reading them: commands fail while Redis is away. */
export function producerConnection(url: string): Redis {
  return quiet(new Redis(url, { maxRetriesPerRequest: 1, enableAutoPipelining: true, retryStrategy }));
}

/** A connection for taking from queues: BullMQ's blocking reads must not be given up. */
export function consumerConnection(url: string): Redis {
  return quiet(new Redis(url, { maxRetriesPerRequest: null, enableAutoPipelining: true, retryStrategy }));
}

/** Connection errors reach the caller through the queue or worker that uses the connection. */
function quiet(redis: Redis): Redis {
  redis.on('error', () => undefined);
  return redis;
}
