import type { App } from '../../../e2e/fixture/phi.js';
import type { Nemesis } from './nemesis.js';

/** One of the services that decide nothing alone dies; it comes back a while later. */
export function serviceKilled(app: Exclude<App, 'executor'>): Nemesis {
  return {
    name: `${app}-killed`,
    target: 'services',
    lastsMs: [100, 3000],
    async inject(world, random) {
      const victim = random.one(world.of(app));
      if (victim !== undefined) await world.kill(victim);
    },
    async heal(world) {
      await world.spawn(app);
    },
  };
}
