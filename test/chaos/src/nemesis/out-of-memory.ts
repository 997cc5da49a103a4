import type { Nemesis } from './nemesis.js';

/** Redis has no memory left: it takes nothing new, and what runs must come to its end. */
export const outOfMemory: Nemesis = {
  name: 'out-of-memory',
  target: 'redis',
  lastsMs: [1000, 4000],
  async inject(world) {
    const info = await world.redis.info('memory');
    await world.redis.config('SET', 'maxmemory', /used_memory:(\d+)/u.exec(info)?.[1] ?? '1');
  },
  async heal(world) {
    await world.redis.config('SET', 'maxmemory', '0');
  },
};
