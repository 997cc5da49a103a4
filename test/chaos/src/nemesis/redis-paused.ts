import type { Nemesis } from './nemesis.js';

/** Redis stands still, its connections open: for less than a lease, or for longer. */
export function redisPaused(how: 'briefly' | 'long', lastsMs: readonly [number, number]): Nemesis {
  return {
    name: `redis-paused-${how}`,
    target: 'redis',
    lastsMs,
    inject(world) {
      world.phi.redis.pause();
      return Promise.resolve();
    },
    heal(world) {
      world.phi.redis.resume();
      return Promise.resolve();
    },
  };
}
