import type { Command } from 'commander';
import type * as z from 'zod';

import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { applyAnswerSchema, sendDefinitions } from '../definitions/send-definitions.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';
import { table } from '../output/table.js';
import { summaryOfChanges } from '../views/changes-view.js';

interface Options {
  readonly dryRun?: boolean;
  readonly reason?: string;
}

export function addApply(program: Command, runner: CommandRunner): void {
  const command = program
    .command('apply')
    .summary('register definitions')
    .description(
      'Registers definitions, all of them or none. They are checked here first, as `phi validate` does.',
    )
    .argument(
      '<files...>',
      'files, directories with *.yaml, *.yml or *.json in them, or - for standard input',
    )
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--reason <text>', 'why, for the history of the jobs')
    .action(
      runner.action<[string[]], Options>((context, [files], options) => apply(context, files, options)),
    );
  examples(command, [
    'phi apply jobs/ --dry-run',
    'phi apply report.yaml --reason "weekly instead of daily"',
  ]);
}

async function apply(
  context: Context,
  files: readonly string[],
  { dryRun = false, reason }: Options,
): Promise<ExitStatus> {
  const result = await sendDefinitions(context, files, { answer: applyAnswerSchema, dryRun, reason });
  context.output.emit(result, () => describe(result));
  return EXIT.ok;
}

function describe({ changes, dry_run }: z.infer<typeof applyAnswerSchema>): string {
  const rows = changes.map(({ job_id, change, revision }) => [job_id, change, revision]);
  const summary = summaryOfChanges(changes);
  return `${table(['JOB', 'CHANGE', 'REVISION'], rows)}\n\n${dry_run ? `dry run, nothing was changed: ${summary}` : summary}`;
}
