import type { StatisticsStore } from '@phi/core';
import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';
import { redisNow } from './time.js';

/** The same as STATS_BUCKET_MS in lua/lib/record.lua. */
const BUCKET_MS = 300_000;

/** Outcomes counted in buckets of five minutes; see the port in `@phi/core`. */
export class RedisStatisticsStore implements StatisticsStore {
  constructor(
    private readonly redis: Redis,
    private readonly keys: Keys,
  ) {}

  async outcomes(hours: number): Promise<Readonly<Record<string, number>>> {
    const last = Math.floor((await redisNow(this.redis, this.keys)) / BUCKET_MS);
    const buckets = Array.from({ length: (hours * 3_600_000) / BUCKET_MS }, (_, back) => last - back);
    const found = await Promise.all(
      buckets.map((bucket) => this.redis.hgetall(this.keys.key(`stats:${String(bucket)}`))),
    );
    const sums: Record<string, number> = {};
    for (const counts of found)
      for (const [status, count] of Object.entries(counts))
        sums[status] = (sums[status] ?? 0) + Number(count);
    return sums;
  }
}
