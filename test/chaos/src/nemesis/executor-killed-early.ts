import { setTimeout as pause } from 'node:timers/promises';

import type { Nemesis } from './nemesis.js';

/** From when it is started to its first heartbeat, in milliseconds. */
const EARLY_MS = 5000;

/** An executor dies before its first heartbeat: while it starts, registers, or claims for the first time. */
export const executorKilledEarly: Nemesis = {
  name: 'executor-killed-early',
  target: 'executors',
  lastsMs: [0, 100],
  async inject(world, random) {
    const victim = await world.spawn('executor');
    await pause(random.share() * EARLY_MS);
    if (victim.isRunning) await world.kill(victim);
  },
};
