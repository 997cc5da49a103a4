import { segment } from '@phi/client';
import type { Command } from 'commander';

import { runDetailSchema } from '../api/run.js';
import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { showRunToItsEnd } from '../follow/show-run.js';
import { examples, parseWhole } from '../options.js';
import { describeRun } from '../views/run-view.js';
import { list } from './ls.js';

interface Options {
  readonly follow?: boolean;
  readonly status?: string;
  readonly job?: string;
  readonly limit: number;
}

export function addRuns(program: Command, runner: CommandRunner): void {
  const command = program
    .command('runs')
    .summary('list runs, or show and follow one')
    .description('Lists runs, or shows one with its executions.')
    .argument('[run_id]', 'the run to show')
    .option('--follow', 'follow the run until it ends; exit status 1 unless it succeeded')
    .option('--status <status>', 'list only runs with this status')
    .option('--job <job_id>', 'list only runs that this job began')
    .option('--limit <count>', 'list at most so many', parseWhole(1, 5000), 50)
    .action(
      runner.action<[string | undefined], Options>((context, [runId], options) =>
        runs(context, runId, options),
      ),
    );
  examples(command, ['phi runs --limit 10', 'phi runs 3f2a9c1e77d04b5a8e610c2d --follow']);
}

async function runs(context: Context, runId: string | undefined, options: Options): Promise<ExitStatus> {
  if (runId === undefined) {
    if (options.follow === true) throw usageError('--follow', 'needs a run', 'phi runs RUN_ID --follow');
    return list(context, 'runs', options);
  }
  if (options.follow === true) return showRunToItsEnd(context, runId);
  const run = await context.api().get(`/v1/runs/${segment(runId)}`, runDetailSchema);
  context.output.emit(run, () => describeRun(run, context));
  return EXIT.ok;
}
