import { DEFAULT_GLOBAL_MAX_CONCURRENT, type LimitStore } from '@phi/core';
import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';
import { announce, decodeReply, type ReplyListener } from './reply.js';
import type { FunctionLibrary } from './function-library.js';

/** Concurrency limits in Redis; see the port in `@phi/core`. */
export class RedisLimitStore implements LimitStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
    private readonly listener: ReplyListener,
  ) {}

  async set(limits: ReadonlyMap<string, number | undefined>): Promise<void> {
    const args = [...limits].flatMap(([limit, value]) => [limit, value ?? '']);
    if (args.length === 0) return;
    announce(decodeReply('set-limits', await this.library.call('set-limits', args)), this.listener);
  }

  async all(): Promise<ReadonlyMap<string, number>> {
    const fields = await this.redis.hgetall(this.keys.key('limits'));
    const set = Object.entries(fields).map(([limit, value]) => [limit, Number(value)] as const);
    return new Map([['global', DEFAULT_GLOBAL_MAX_CONCURRENT], ...set]);
  }

  async held(limits: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const counts = await Promise.all(
      limits.map((limit) => this.redis.scard(this.keys.key(`slots:${limit}`))),
    );
    return new Map(limits.map((limit, index) => [limit, counts[index] ?? 0]));
  }
}
