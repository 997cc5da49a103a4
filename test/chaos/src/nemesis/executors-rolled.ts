import type { Nemesis } from './nemesis.js';

/** Every executor is asked to end and replaced, one after another, as in a deployment. */
export const executorsRolled: Nemesis = {
  name: 'executors-rolled',
  target: 'executors',
  lastsMs: [0, 500],
  async inject(world) {
    for (const executor of world.of('executor')) {
      await world.spawn('executor');
      await world.stop(executor);
    }
  },
};
