import type { ClaimStore, Delivery } from '@phi/core';
import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';
import type { FunctionLibrary } from './function-library.js';

/** Claim deadlines of admitted executions in Redis; see the port in `@phi/core`. */
export class RedisClaimStore implements ClaimStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  async deliveries(executionIds: readonly string[]): Promise<readonly Delivery[]> {
    if (executionIds.length === 0) return [];
    const numbers = await this.redis.mget(executionIds.map((id) => this.keys.key(`delivery:${id}`)));
    return executionIds.map((execution_id, index) => ({
      execution_id,
      delivery: Number(numbers[index] ?? 0),
    }));
  }

  async renew(fates: ReadonlyMap<string, 'again' | 'wait'>): Promise<readonly Delivery[]> {
    if (fates.size === 0) return [];
    const raw = (await this.library.call('redeliver', [...fates].flat())) as (Buffer | number)[];
    return Array.from({ length: raw.length / 2 }, (_, at) => ({
      execution_id: String(raw[2 * at]),
      delivery: Number(raw[2 * at + 1]),
    }));
  }
}
