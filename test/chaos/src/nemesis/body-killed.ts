import { familyOf } from '../../../e2e/fixture/process-table.js';
import type { Nemesis } from './nemesis.js';
import { sendSignal } from './send-signal.js';

/** What runs bodies is named so in its command. */
const CHILD = 'child-main';

/** A child in which bodies run dies, as by the kernel for want of memory. */
export const bodyKilled: Nemesis = {
  name: 'body-killed',
  target: 'executors',
  lastsMs: [0, 500],
  async inject(world, random) {
    const executor = random.one(world.of('executor'));
    if (executor === undefined) return;
    const children = (await familyOf(executor.pid)).filter(({ command }) => command.includes(CHILD));
    const victim = random.one(children);
    if (victim === undefined) return;
    world.journal.note('kill', `body ${String(victim.pid)} of executor ${String(executor.pid)}`);
    sendSignal(victim.pid, 'SIGKILL');
  },
};
