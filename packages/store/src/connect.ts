import { Redis } from 'ioredis';

export type RedisConnection = Redis;

/** The longest pause between two attempts to reconnect, in milliseconds. */
const RECONNECT_AT_MOST_MS = 2000;

/**
 * Opens a connection that outlives restarts of Redis: commands fail fast while it is away, and it
 * reconnects by itself.
 *
 * @param url - redis:// or rediss://
 * @param onStateChange - told once when the connection is lost and once when it is back, not at every attempt
 */
export function connectRedis(
  url: string,
  onStateChange: (state: 'connected' | 'lost', error?: Error) => void,
): Redis {
  const redis = new Redis(url, {
    maxRetriesPerRequest: 1,
    enableAutoPipelining: true,
    retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 6), RECONNECT_AT_MOST_MS),
  });
  let lost = false;
  redis.on('ready', () => {
    lost = false;
    onStateChange('connected');
  });
  redis.on('error', (error: Error) => {
    if (lost) return;
    lost = true;
    onStateChange('lost', error);
  });
  return redis;
}
