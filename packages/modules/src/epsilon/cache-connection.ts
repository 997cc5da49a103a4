import { PhiError } from '@phi/core';
import { Redis } from 'ioredis';
import { cacheKeys } from './cache-keys.js';
import type { CacheKeys } from './cache-keys.js';

/** Where the caches live. */
export interface CacheAddress {
  readonly redis_url: string;
  readonly namespace: string;
}

export interface CacheConnection {
  readonly redis: Redis;
  readonly keys: CacheKeys;
  close(): void;
}

const CONNECT_TIMEOUT_MS = 5000;
const COMMAND_TIMEOUT_MS = 10_000;
/** How long a closing socket may take; nobody waits for it, but it keeps its process from ending. */
const DISCONNECT_TIMEOUT_MS = 200;

/** The caches' Redis does not answer, or answers with an error. */
export const cacheUnavailable = (cause: unknown): PhiError =>
  new PhiError(
    'EXEC_024_CACHE_CONNECTION_FAILED',
    `the Redis of the caches cannot be used: ${cause instanceof Error ? cause.message : String(cause)}`,
    { operation: 'cache.connect', cause },
  );

/** @throws PhiError EXEC_024_CACHE_CONNECTION_FAILED if there is no answer */
export const connectCaches = async ({ redis_url, namespace }: CacheAddress): Promise<CacheConnection> => {
  const redis = new Redis(redis_url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    disconnectTimeout: DISCONNECT_TIMEOUT_MS,
    maxRetriesPerRequest: 1,
  });
  // What fails to connect says only that the connection is closed; why, is told here.
  let why: Error | undefined;
  redis.on('error', (error: Error) => {
    why = error;
  });
  try {
    await redis.connect();
  } catch (error) {
    redis.disconnect();
    throw cacheUnavailable(why ?? error);
  }
  return { redis, keys: cacheKeys(namespace), close: () => redis.disconnect() };
};
