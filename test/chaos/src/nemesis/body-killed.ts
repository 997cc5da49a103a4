import { bodiesOf, familyOf } from '../../../e2e/fixture/process-table.js';
import type { Nemesis } from './nemesis.js';
import { sendSignal } from '../../../e2e/fixture/send-signal.js';

/** A child in which bodies run dies, as by the kernel for want of memory. */
export const bodyKilled: Nemesis = {
  name: 'body-killed',
  target: 'executors',
  lastsMs: [0, 500],
  async inject(world, random) {
    const executor = random.one(world.of('executor'));
    if (executor === undefined) return;
    const victim = random.one(bodiesOf(await familyOf(executor.pid)));
    if (victim === undefined) return;
    world.journal.note('kill', `body ${String(victim.pid)} of executor ${String(executor.pid)}`);
    sendSignal(victim.pid, 'SIGKILL');
  },
};
