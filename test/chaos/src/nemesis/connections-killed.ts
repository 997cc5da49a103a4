import type { Nemesis } from './nemesis.js';

/** Redis ends every connection but the one that asks it to. */
export const connectionsKilled: Nemesis = {
  name: 'connections-killed',
  target: 'redis',
  lastsMs: [0, 200],
  async inject(world) {
    for (const type of ['normal', 'pubsub'])
      await world.redis.call('CLIENT', 'KILL', 'TYPE', type, 'SKIPME', 'yes');
  },
};
