import { EXECUTION_STATUSES, RUN_STATUSES } from '@phi/core';
import { Argument, type Command } from 'commander';
import type * as z from 'zod';

import type { Query } from '../api/api-client.js';
import { executionSchema } from '../api/execution.js';
import { executorSchema, type Executor } from '../api/executor.js';
import { jobSummarySchema } from '../api/job.js';
import { readList } from '../api/page.js';
import { runSchema } from '../api/run.js';
import { SCHEDULE_STATES, scheduleSchema } from '../api/schedule.js';
import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWhole } from '../options.js';
import { formatRelative } from '../output/duration.js';
import { table } from '../output/table.js';
import { describeExecutions } from '../views/execution-view.js';
import { describeJobs } from '../views/job-view.js';
import { describeRuns } from '../views/run-view.js';
import { describeSchedules } from '../views/schedule-view.js';

const KINDS = ['jobs', 'schedules', 'executions', 'runs', 'executors'] as const;
type Kind = (typeof KINDS)[number];

interface Options {
  readonly status?: string;
  readonly job?: string;
  readonly limit: number;
}

interface Listing<Item extends z.ZodType> {
  readonly path: string;
  readonly item: Item;
  readonly query?: Query;
  readonly keep?: (item: z.infer<Item>) => boolean;
  readonly describe: (items: readonly z.infer<Item>[], context: Context) => string;
}

export function addLs(program: Command, runner: CommandRunner): void {
  const command = program
    .command('ls')
    .summary('list jobs, schedules, executions, runs or executors')
    .description(
      'Lists jobs, schedules, executions, runs or executors, the newest first where they have a time.',
    )
    .addArgument(new Argument('[kind]', 'what to list').choices(KINDS).default('jobs'))
    .option(
      '--status <status>',
      `executions: ${EXECUTION_STATUSES.join(', ')}; runs: ${RUN_STATUSES.join(', ')}; schedules: ${SCHEDULE_STATES.join(', ')}`,
    )
    .option('--job <job_id>', 'of this job only (schedules, executions and runs)')
    .option('--limit <count>', 'at most so many', parseWhole(1, 5000), 50)
    .action(runner.action<[Kind], Options>((context, [kind], options) => list(context, kind, options)));
  examples(command, [
    'phi ls',
    'phi ls schedules --status INVALID',
    'phi ls executions --status FAILED --job daily_report',
    'phi ls runs --limit 10 -o json',
  ]);
}

/** Also what `phi runs` does without a run. */
export async function list(context: Context, kind: Kind, options: Options): Promise<ExitStatus> {
  switch (kind) {
    case 'jobs':
      refuseFilters(kind, options, ['status', 'job']);
      return show(
        context,
        { path: '/v1/jobs', item: jobSummarySchema, describe: describeJobs },
        options.limit,
      );
    case 'schedules':
      return show(context, scheduleListing(options), options.limit);
    case 'executions':
      return show(context, executionListing(options), options.limit);
    case 'runs':
      return show(context, runListing(options), options.limit);
    case 'executors':
      refuseFilters(kind, options, ['status', 'job']);
      return show(
        context,
        { path: '/v1/executors', item: executorSchema, describe: describeExecutors },
        options.limit,
      );
  }
}

function scheduleListing({ status, job }: Options): Listing<typeof scheduleSchema> {
  const wanted = oneOf(SCHEDULE_STATES, status);
  return {
    path: '/v1/schedules',
    item: scheduleSchema,
    keep: ({ state, job_id }) =>
      (wanted === undefined || state === wanted) && (job === undefined || job_id === job),
    describe: describeSchedules,
  };
}

function executionListing({ status, job }: Options): Listing<typeof executionSchema> {
  const query = { status: oneOf(EXECUTION_STATUSES, status), job_id: job };
  return { path: '/v1/executions', item: executionSchema, query, describe: describeExecutions };
}

function runListing({ status, job }: Options): Listing<typeof runSchema> {
  const wanted = oneOf(RUN_STATUSES, status);
  return {
    path: '/v1/runs',
    item: runSchema,
    keep: (run) =>
      (wanted === undefined || run.status === wanted) && (job === undefined || run.job_id === job),
    describe: describeRuns,
  };
}

async function show<Item extends z.ZodType>(
  context: Context,
  listing: Listing<Item>,
  limit: number,
): Promise<ExitStatus> {
  const found = await readList(context.api(), listing, limit);
  context.output.emit({ items: found.items }, () => listing.describe(found.items, context));
  if (found.more) context.output.note(`there are more: --limit ${String(limit)} was reached`);
  return EXIT.ok;
}

function describeExecutors(executors: readonly Executor[], { now }: Context): string {
  const rows = executors.map((executor) => [
    executor.executor_id,
    executor.places,
    executor.running,
    executor.pools.join(', '),
    formatRelative(executor.lease_expires, now()),
  ]);
  return table(['EXECUTOR', 'PLACES', 'RUNNING', 'POOLS', 'LEASE ENDS'], rows);
}

function oneOf<Word extends string>(words: readonly Word[], given: string | undefined): Word | undefined {
  if (given === undefined) return undefined;
  const word = words.find((candidate) => candidate.toLowerCase() === given.toLowerCase());
  if (word === undefined) throw usageError('--status', `is not a status: ${given}`, words.join(', '));
  return word;
}

function refuseFilters(kind: Kind, options: Options, names: readonly ('status' | 'job')[]): void {
  const given = names.find((name) => options[name] !== undefined);
  if (given !== undefined)
    throw usageError(`--${given}`, `does not go with ${kind}`, 'schedules, executions or runs');
}
