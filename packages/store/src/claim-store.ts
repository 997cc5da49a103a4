import type { ClaimStore, Delivery } from '@phi/core';
import type { Redis } from 'ioredis';

import { readable } from './codec.js';
import type { Keys } from './keys.js';
import type { FunctionLibrary } from './function-library.js';
import { redisNow } from './time.js';

/** Claim deadlines of admitted executions in Redis; see the port in `@phi/core`. */
export class RedisClaimStore implements ClaimStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
    private readonly library: FunctionLibrary,
  ) {}

  async overdue(byMs: number, limit: number): Promise<readonly string[]> {
    const until = (await redisNow(this.redis, this.keys)) - byMs;
    return this.redis.zrangebyscore(this.keys.key('admitted'), '-inf', until, 'LIMIT', 0, limit);
  }

  async deliveries(executionIds: readonly string[]): Promise<readonly Delivery[]> {
    if (executionIds.length === 0) return [];
    const numbers = await this.redis.mget(executionIds.map((id) => this.keys.key(`delivery:${id}`)));
    return this.addressed(
      executionIds.map((execution_id, index) => ({ execution_id, delivery: Number(numbers[index] ?? 0) })),
    );
  }

  async renew(fates: ReadonlyMap<string, 'again' | 'wait' | 'returned'>): Promise<readonly Delivery[]> {
    if (fates.size === 0) return [];
    const raw = (await this.library.call('redeliver', [...fates].flat())) as (Buffer | number)[];
    return this.addressed(
      Array.from({ length: raw.length / 2 }, (_, at) => ({
        execution_id: String(raw[2 * at]),
        delivery: Number(raw[2 * at + 1]),
      })),
    );
  }

  /** Where each goes: what belongs to a pool that is dedicated by now, to the queue of that. */
  private async addressed(deliveries: readonly Delivery[]): Promise<readonly Delivery[]> {
    const { redis, keys } = this;
    if (deliveries.length === 0 || (await redis.hexists(keys.key('limits'), 'dedicated_pools')) === 0) {
      return deliveries;
    }
    const records = await redis.mgetBuffer(
      deliveries.map(({ execution_id }) => keys.key(`x:${execution_id}`)),
    );
    const pools = records.map((bytes) => (bytes === null ? '' : poolOf(bytes)));
    const places = await redis.hmget(keys.key('limits'), ...pools.map((pool) => `places:${pool}`));
    return deliveries.map((delivery, index) => {
      const pool = pools[index];
      return pool === undefined || typeof places[index] !== 'string' ? delivery : { ...delivery, pool };
    });
  }
}

/** What cannot be read is delivered as what is in no pool: whoever claims it is told. */
function poolOf(bytes: Buffer): string {
  return readable(bytes)[0]?.resource_pool ?? '';
}
