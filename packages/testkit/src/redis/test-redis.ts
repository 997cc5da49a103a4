import { randomBytes } from 'node:crypto';

import { Redis } from 'ioredis';

import { sharedRedisUrl } from './environment.js';

/** A corner of the shared Redis that belongs to one test. */
export interface TestRedis {
  readonly url: string;
  /** Part of every key the test writes; nothing else uses it. */
  readonly namespace: string;
  /** A connection of the test's own, closed by `cleanup`. */
  connect(): Redis;
  /** Every key that carries the namespace, sorted. */
  keys(): Promise<string[]>;
  /** Removes those keys and closes the connections; meant for `afterEach`. */
  cleanup(): Promise<void>;
}

/**
 * Gives a test a namespace of its own on the Redis that all tests share.
 *
 * @param label begins the namespace, so that a person sees whose keys they are
 */
export function testRedis(label = 'test'): TestRedis {
  const url = sharedRedisUrl();
  const namespace = `${label}-${randomBytes(6).toString('hex')}`;
  const connections: Redis[] = [];
  const connect = (): Redis => {
    const redis = new Redis(url, { maxRetriesPerRequest: null });
    connections.push(redis);
    return redis;
  };
  const keys = async (): Promise<string[]> => {
    const redis = new Redis(url);
    try {
      return await findKeys(redis, namespace);
    } finally {
      redis.disconnect();
    }
  };
  const cleanup = async (): Promise<void> => {
    for (const connection of connections.splice(0)) connection.disconnect();
    const redis = new Redis(url);
    try {
      const found = await findKeys(redis, namespace);
      if (found.length > 0) await redis.unlink(...found);
    } finally {
      redis.disconnect();
    }
  };
  return { url, namespace, connect, keys, cleanup };
}

async function findKeys(redis: Redis, namespace: string): Promise<string[]> {
  const found = new Set<string>();
  let cursor = '0';
  do {
    const [next, batch] = await redis.scan(cursor, 'MATCH', `*${namespace}*`, 'COUNT', 1_000);
    for (const key of batch) found.add(key);
    cursor = next;
  } while (cursor !== '0');
  return [...found].sort();
}
