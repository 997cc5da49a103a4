import { familyOf, type ProcessEntry } from '../../../e2e/fixture/process-table.js';
import type { Nemesis } from './nemesis.js';

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
      for (const { pid } of frozen) send(pid, 'SIGSTOP');
    },
    heal() {
      // The executor last: its bodies go on first, and find nobody who answers.
      for (const { pid } of frozen.toReversed()) send(pid, 'SIGCONT');
      return Promise.resolve();
    },
  };
}

/** One that has ended meanwhile gets none. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // Not `instanceof Error`: under jest, Node's own errors come from another realm.
    const isGone = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH';
    if (!isGone) throw error;
  }
}
