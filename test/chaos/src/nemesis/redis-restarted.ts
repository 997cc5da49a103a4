import type { Nemesis } from './nemesis.js';

/** Redis ends, in order or not, and comes back with what it had written. */
export const redisRestarted: Nemesis = {
  name: 'redis-restarted',
  target: 'redis',
  lastsMs: [200, 2500],
  async inject(world, random) {
    const inOrder = random.chance(0.5);
    world.journal.note(inOrder ? 'shut down' : 'kill', 'redis');
    await (inOrder ? world.phi.redis.shutdown() : world.phi.redis.kill());
  },
  async heal(world) {
    await world.phi.redis.restart();
  },
};
