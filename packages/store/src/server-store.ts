import { readServerFacts, type ServerFacts, type ServerStore } from '@phi/core';
import type { Redis } from 'ioredis';

/** What the Redis server says of itself; see the port in `@phi/core`. */
export class RedisServerStore implements ServerStore {
  constructor(private readonly redis: Redis) {}

  /** Without what may not be asked of it. @throws Error while it is away */
  async facts(): Promise<ServerFacts> {
    return readServerFacts(await this.redis.info().catch(unlessForbidden));
  }

  info(section: string): Promise<string> {
    return this.redis.info(section).catch(unlessForbidden);
  }
}

function unlessForbidden(error: unknown): string {
  if (error instanceof Error && error.message.startsWith('NOPERM')) return '';
  throw error;
}
