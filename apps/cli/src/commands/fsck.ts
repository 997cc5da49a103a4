import type { Command } from 'commander';

import { fsckSliceSchema, type FsckSlice } from '../api/fsck.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWhole } from '../options.js';
import { describeFsck } from '../views/fsck-view.js';

interface Choice {
  readonly repair?: boolean;
  readonly invariant?: number;
}

export function addFsck(program: Command, runner: CommandRunner): void {
  const command = program
    .command('fsck')
    .summary('check that the whole store agrees with itself, and repair it')
    .description(
      'Checks the invariants over everything that is stored, beside whatever goes on. Exit status 1 when something was found that is not repaired.',
    )
    .option('--repair', 'repair what can be')
    .option('--invariant <number>', 'only this one', parseWhole(1, 10))
    .action(runner.action<[], Choice>((context, _, choice) => fsck(context, choice)));
  examples(command, ['phi fsck', 'phi fsck --invariant 3', 'phi fsck --repair -o json']);
}

async function fsck(context: Context, { repair = false, invariant }: Choice): Promise<ExitStatus> {
  const asked = { repair, ...(invariant === undefined ? {} : { invariants: [invariant] }) };
  let report = await slice(context, asked);
  for (let next = report.next_cursor; next !== undefined; next = report.next_cursor) {
    if (context.output.isHuman) context.output.note(`${String(mostChecked(report))} looked at …`);
    report = join(report, await slice(context, { ...asked, cursor: next }));
  }
  context.output.emit(report, () => describeFsck(report));
  return report.findings.every(({ repaired }) => repaired) ? EXIT.ok : EXIT.failed;
}

function slice(context: Context, body: object): Promise<FsckSlice> {
  return context.api().post('/v1/fsck', body, fsckSliceSchema);
}

function mostChecked({ invariants }: FsckSlice): number {
  return Math.max(...invariants.map(({ checked }) => checked));
}

function join(one: FsckSlice, other: FsckSlice): FsckSlice {
  const { next_cursor: _, ...before } = one;
  return {
    ...before,
    invariants: one.invariants.map((tally, index) => {
      const more = other.invariants[index] ?? { checked: 0, findings: 0, repaired: 0 };
      return {
        ...tally,
        checked: tally.checked + more.checked,
        findings: tally.findings + more.findings,
        repaired: tally.repaired + more.repaired,
      };
    }),
    findings: [...one.findings, ...other.findings],
    repeated: {
      lost: one.repeated.lost + other.repeated.lost,
      handed_over: one.repeated.handed_over + other.repeated.handed_over,
    },
    unchecked: one.unchecked + other.unchecked,
    ...(other.next_cursor === undefined ? {} : { next_cursor: other.next_cursor }),
  };
}
