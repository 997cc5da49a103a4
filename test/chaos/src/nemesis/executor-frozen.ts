import { familyOf, type ProcessEntry } from '../../../e2e/fixture/process-table.js';
import type { Nemesis } from './nemesis.js';
import { sendSignal } from '../../../e2e/fixture/send-signal.js';

/** An executor stands still for longer than its lease and goes on as if nothing had happened: alone, or with its bodies as on a frozen host. */
export function executorFrozen(): Nemesis {
  let frozen: readonly ProcessEntry[] = [];
  return {
    name: 'executor-frozen',
    target: 'executors',
    lastsMs: [12_000, 18_000],
    async inject(world, random) {
      const executor = random.one(world.of('executor'));
      if (executor === undefined) return;
      const family = await familyOf(executor.pid);
      frozen = random.chance(0.5) ? family : family.slice(0, 1);
      world.journal.note('freeze', frozen.map(({ pid }) => String(pid)).join(' '));
      for (const { pid } of frozen) sendSignal(pid, 'SIGSTOP');
    },
    heal() {
      // The executor last: its bodies go on first, and find nobody who answers.
      for (const { pid } of frozen.toReversed()) sendSignal(pid, 'SIGCONT');
      return Promise.resolve();
    },
  };
}
