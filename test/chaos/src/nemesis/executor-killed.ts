import type { Nemesis } from './nemesis.js';

/** An executor dies at any point; another takes its place. */
export const executorKilled: Nemesis = {
  name: 'executor-killed',
  target: 'executors',
  lastsMs: [100, 3000],
  async inject(world, random) {
    const victim = random.one(world.of('executor'));
    if (victim !== undefined) await world.kill(victim);
  },
  async heal(world) {
    await world.spawn('executor');
  },
};
