import { randomInt } from 'node:crypto';

import { CONNECTION_BOUNDS, failUnanswered, isNotPrimary, reconnectPauseMs } from '@phi/core';
import { Redis } from 'ioredis';

export type RedisConnection = Redis;

/** Told once when the connection is lost and once when it is back, not at every attempt. */
export type ConnectionListener = (state: 'connected' | 'lost', error?: Error) => void;

/** How soon a server that turned out to be a replica is asked again, in milliseconds. */
const REPLICA_PAUSE_MS = 1000;
const SHARES = 1000;

/**
 * Opens a connection that outlives restarts, failovers and the silence of Redis: commands fail fast while it is away, and it
 * reconnects by itself, until the address leads to a primary (docs/adr/0033-redis-in-trouble.md).
 *
 * @param url - redis:// or rediss://
 * @param waits - how long commands may wait at the server, in milliseconds
 */
export function connectRedis(url: string, onStateChange: ConnectionListener, waits = 0): Redis {
  const redis = new Redis(url, {
    ...CONNECTION_BOUNDS,
    socketTimeout: CONNECTION_BOUNDS.socketTimeout + waits,
    maxRetriesPerRequest: 1,
    enableAutoPipelining: true,
    retryStrategy: (attempt) => reconnectPauseMs(attempt, randomInt(SHARES) / SHARES),
    reconnectOnError(error) {
      const leaves = isNotPrimary(error);
      if (leaves) lose(error);
      return leaves;
    },
  });
  failUnanswered(redis);
  let lost = false;
  const lose = (error: Error): void => {
    if (lost) return;
    lost = true;
    onStateChange('lost', error);
  };
  const confirm = async (): Promise<void> => {
    const replica = await isReplica(redis);
    if (redis.status !== 'ready') return;
    if (!replica) {
      lost = false;
      onStateChange('connected');
      return;
    }
    lose(new Error('READONLY the address leads to a replica'));
    setTimeout(() => {
      if (redis.status === 'ready') redis.disconnect(true);
    }, REPLICA_PAUSE_MS).unref();
  };
  redis.on('ready', () => void confirm());
  redis.on('error', lose);
  // A server may close a connection without an error; one that is closed by hand is not made again.
  redis.on('reconnecting', () => lose(new Error('Connection is closed.')));
  return redis;
}

/** Where that may not be asked, what is written will tell. */
async function isReplica(redis: Redis): Promise<boolean> {
  const replication = await redis.info('replication').catch(() => '');
  return /^role:slave\s*$/m.test(replication);
}
