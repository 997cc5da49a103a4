import { segment } from '@phi/client';
import type { Command } from 'commander';
import type * as z from 'zod';

import { attemptsSchema, comparisonSchema } from '../api/attempts.js';
import { executionDetailSchema } from '../api/execution.js';
import { registeredJobSchema } from '../api/job.js';
import { runDetailSchema } from '../api/run.js';
import { scheduleSchema } from '../api/schedule.js';
import { CliError, usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples } from '../options.js';
import { describeAttempts, describeComparison } from '../views/attempts-view.js';
import { describeExecution } from '../views/execution-view.js';
import { describeJob } from '../views/job-view.js';
import { describeRun } from '../views/run-view.js';
import { describeSchedule } from '../views/schedule-view.js';

interface Options {
  readonly attempts?: boolean;
  readonly compare?: string | true;
}

/** Shows what has this id. @returns whether there is such a thing */
type Show = (context: Context, id: string) => Promise<boolean>;

/** What there is to get, in the order in which a bare id is looked for. */
const KINDS: ReadonlyMap<string, Show> = new Map([
  ['job', shower('/v1/jobs', registeredJobSchema, describeJob)],
  ['execution', showExecution],
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
    .option('--attempts', 'of an execution: every attempt of its chain')
    .option(
      '--compare [execution_id]',
      'of an execution: what differs from another of its job (default: the attempt before, or the last that completed)',
    )
    .action(
      runner.action<[string, string | undefined], Options>((context, [first, second], options) =>
        getOf(context, first, second, options),
      ),
    );
  examples(command, [
    'phi get daily_report',
    'phi get job daily_report -o yaml',
    'phi get run 3f2a9c1e77d04b5a8e610c2d',
    'phi get 3f2a9c1e77d04b5a8e610c2d --compare',
  ]);
}

function getOf(
  context: Context,
  first: string,
  second: string | undefined,
  { attempts, compare }: Options,
): Promise<ExitStatus> {
  if (attempts !== true && compare === undefined) return get(context, first, second);
  if (second !== undefined && first !== 'execution')
    throw usageError(
      attempts === true ? '--attempts' : '--compare',
      `does not go with a ${first}`,
      'an execution',
    );
  const path = `/v1/executions/${segment(second ?? first)}`;
  return attempts === true ? showAttempts(context, path) : showComparison(context, path, compare);
}

async function showAttempts(context: Context, path: string): Promise<ExitStatus> {
  const found = await context.api().get(`${path}/attempts`, attemptsSchema);
  context.output.emit(found, () => describeAttempts(found, context));
  return EXIT.ok;
}

async function showComparison(
  context: Context,
  path: string,
  other: string | true | undefined,
): Promise<ExitStatus> {
  const query = typeof other === 'string' ? { with: other } : {};
  const found = await context.api().get(`${path}/compare`, comparisonSchema, query);
  context.output.emit(found, () => describeComparison(found));
  return EXIT.ok;
}

async function showExecution(context: Context, id: string): Promise<boolean> {
  const path = `/v1/executions/${segment(id)}`;
  const value = await context.api().find(path, executionDetailSchema);
  if (value === undefined) return false;
  const isAlone = value.attempt_number === 1 && (value.retried_by ?? null) === null;
  // With -o json, the answer is of the execution alone; the other attempts are shown with --attempts.
  const isShown = context.output.isHuman && !isAlone;
  const attempts = isShown ? await context.api().get(`${path}/attempts`, attemptsSchema) : undefined;
  context.output.emit(value, () => {
    const shown = describeExecution(value, context);
    return attempts === undefined ? shown : `${shown}\n\n${describeAttempts(attempts, context)}`;
  });
  return true;
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
