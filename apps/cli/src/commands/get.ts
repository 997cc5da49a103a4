import { segment } from '@phi/client';
import type { Command } from 'commander';
import type * as z from 'zod';

import { executionDetailSchema } from '../api/execution.js';
import { registeredJobSchema } from '../api/job.js';
import { runDetailSchema } from '../api/run.js';
import { scheduleSchema } from '../api/schedule.js';
import { CliError, usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';
import { describeExecution } from '../views/execution-view.js';
import { describeJob } from '../views/job-view.js';
import { describeRun } from '../views/run-view.js';
import { describeSchedule } from '../views/schedule-view.js';

/** Shows what has this id. @returns whether there is such a thing */
type Show = (context: Context, id: string) => Promise<boolean>;

/** What there is to get, in the order in which a bare id is looked for. */
const KINDS: ReadonlyMap<string, Show> = new Map([
  ['job', shower('/v1/jobs', registeredJobSchema, describeJob)],
  ['execution', shower('/v1/executions', executionDetailSchema, describeExecution)],
  ['run', shower('/v1/runs', runDetailSchema, describeRun)],
  ['schedule', shower('/v1/schedules', scheduleSchema, describeSchedule)],
]);

export function addGet(program: Command, runner: CommandRunner): void {
  const names = [...KINDS.keys()].join(', ');
  const command = program
    .command('get')
    .summary('show one job, execution, run or schedule')
    .description(
      'Shows one job, execution, run or schedule. An id alone is looked for among them in this order.',
    )
    .usage('[options] [kind] <id>')
    .argument('<kind-or-id>', `${names}; or the id alone`)
    .argument('[id]', 'job_id, execution_id, run_id or schedule_id')
    .action(
      runner.action<[string, string | undefined], object>((context, [first, second]) =>
        get(context, first, second),
      ),
    );
  examples(command, [
    'phi get daily_report',
    'phi get job daily_report -o yaml',
    'phi get run 3f2a9c1e77d04b5a8e610c2d',
  ]);
}

async function get(context: Context, first: string, second: string | undefined): Promise<ExitStatus> {
  const id = second ?? first;
  const kinds = second === undefined ? [...KINDS.values()] : [kindOf(first)];
  for (const show of kinds) if (await show(context, id)) return EXIT.ok;
  const what = second === undefined ? 'job, execution, run or schedule' : first;
  throw CliError.failed([`there is no ${what} ${id}; \`phi ls\` lists what there is`]);
}

function kindOf(name: string): Show {
  const show = KINDS.get(name);
  if (show === undefined) throw usageError('kind', `cannot be ${name}`, [...KINDS.keys()].join(', '));
  return show;
}

function shower<Value>(
  path: string,
  schema: z.ZodType<Value>,
  describe: (value: Value, context: Context) => string,
): Show {
  return async (context, id) => {
    const value = await context.api().find(`${path}/${segment(id)}`, schema);
    if (value === undefined) return false;
    context.output.emit(value, () => describe(value, context));
    return true;
  };
}
