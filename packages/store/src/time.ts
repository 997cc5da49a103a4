import type { Redis } from 'ioredis';

import type { Keys } from './keys.js';

/** Redis' time with the offset that only tests set, epoch milliseconds: the clock that every decision goes by. */
export async function redisNow(redis: Redis, keys: Keys): Promise<number> {
  const [[seconds, micros], offset] = await Promise.all([redis.time(), redis.get(keys.key('clock_offset'))]);
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) + Number(offset ?? 0);
}
