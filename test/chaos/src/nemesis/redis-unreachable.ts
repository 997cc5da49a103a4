import type { Nemesis } from './nemesis.js';

/** Every connection to Redis is cut, and none is let through. */
export function redisUnreachable(how: 'briefly' | 'long', lastsMs: readonly [number, number]): Nemesis {
  return {
    name: `redis-unreachable-${how}`,
    target: 'redis',
    lastsMs,
    inject(world) {
      world.proxy.cut();
      return Promise.resolve();
    },
    heal(world) {
      world.proxy.mend();
      return Promise.resolve();
    },
  };
}
