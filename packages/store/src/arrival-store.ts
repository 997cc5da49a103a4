import type { ArrivalStore } from '@phi/core';
import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';

/** Files that one command names. */
const AT_ONCE = 1000;

/**
 * Arrived files in one hash for each source, path to version, and the sources in a set; see the port in `@phi/core`.
 */
export class RedisArrivalStore implements ArrivalStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  sources(): Promise<readonly string[]> {
    return this.redis.smembers(this.sourcesKey);
  }

  async all(source: string): Promise<ReadonlyMap<string, string>> {
    return new Map(Object.entries(await this.redis.hgetall(this.filesKey(source))));
  }

  async versions(source: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (paths.length === 0) return new Map();
    const versions = await this.redis.hmget(this.filesKey(source), ...paths);
    return new Map(
      paths.flatMap((path, index) => {
        const version = versions[index];
        return version === null || version === undefined ? [] : [[path, version] as const];
      }),
    );
  }

  async record(source: string, versions: ReadonlyMap<string, string>): Promise<void> {
    if (versions.size === 0) return;
    await this.redis
      .multi()
      .sadd(this.sourcesKey, source)
      .hset(this.filesKey(source), new Map(versions))
      .exec();
  }

  async forget(source: string, paths: readonly string[]): Promise<void> {
    for (let at = 0; at < paths.length; at += AT_ONCE)
      await this.redis.hdel(this.filesKey(source), ...paths.slice(at, at + AT_ONCE));
  }

  async forgetSource(source: string): Promise<void> {
    await this.redis.multi().unlink(this.filesKey(source)).srem(this.sourcesKey, source).exec();
  }

  private get sourcesKey(): string {
    return this.keys.key('arrival_sources');
  }

  private filesKey(source: string): string {
    return this.keys.key(`arrivals:${source}`);
  }
}
