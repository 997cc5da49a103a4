import type { ClaimStore, Delivery } from '@phi/core';
import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';
import type { Scripts } from './scripts.js';

/** Claim deadlines of admitted executions in Redis; see the port in `@phi/core`. */
export class RedisClaimStore implements ClaimStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly scripts: Scripts,
  ) {}

  async deliveries(executionIds: readonly string[]): Promise<readonly Delivery[]> {
    if (executionIds.length === 0) return [];
    const numbers = await this.redis.hmget(this.keys.key('deliveries'), ...executionIds);
    return executionIds.map((execution_id, index) => ({ execution_id, delivery: Number(numbers[index] ?? 0) }));
  }

  async renew(fates: ReadonlyMap<string, 'again' | 'wait'>): Promise<readonly Delivery[]> {
    if (fates.size === 0) return [];
    const raw = (await this.scripts.run('redeliver', [...fates].flat())) as (Buffer | number)[];
    return Array.from({ length: raw.length / 2 }, (_, at) => ({ execution_id: String(raw[2 * at]), delivery: Number(raw[2 * at + 1]) }));
  }
}
