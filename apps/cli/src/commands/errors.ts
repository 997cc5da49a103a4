import { segment } from '@phi/client';
import type { Command } from 'commander';
import * as z from 'zod';

import type { Query } from '../api/api-client.js';
import { readList } from '../api/page.js';
import { purge } from '../bulk/purge.js';
import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { isoInstant } from '../instant.js';
import { examples, parseWhole } from '../options.js';
import { describeErrorQueues, describeErrors } from '../views/errors-view.js';
import { errorEntrySchema, errorQueuesSchema } from '../api/errors.js';

/** What each queue is called here. */
const QUEUES: ReadonlyMap<string, string> = new Map([
  ['scheduling', 'phi_scheduling_errors'],
  ['dependency', 'phi_dependency_errors'],
  ['execution', 'phi_execution_errors'],
  ['dead-letter', 'phi_dead_letter'],
]);

interface Filter {
  readonly job?: string;
  readonly code?: string;
  readonly since?: string;
  readonly until?: string;
  readonly limit: number;
}

interface Choice extends Filter {
  readonly reason?: string;
  readonly dryRun?: boolean;
}

export function addErrors(program: Command, runner: CommandRunner): void {
  const names = [...QUEUES.keys()].join(', ');
  const errors = filtered(
    program
      .command('errors')
      .summary('look into the error queues, retry or purge what is there')
      .description(
        'Lists what an error queue holds, the newest first; without a queue, how full each is. A queue shows the latest errors and drops ' +
          'the oldest beyond its capacity; the history of executions does not depend on it.',
      )
      .argument('[queue]', names),
  ).action(
    runner.action<[string | undefined], Filter>((context, [queue], filter) =>
      queue === undefined ? queues(context) : list(context, queueOf(queue), filter),
    ),
  );
  examples(errors, [
    'phi errors',
    'phi errors execution --job load --since 2026-03-08T00:00:00Z',
    'phi errors retry scheduling 3f2a9c1e77d04b5a8e610c2d',
    'phi errors purge dependency --job load',
  ]);
  choosing(errors.command('retry').summary('try again what entries are about'), names)
    .option('--reason <text>', 'why, for the history')
    .action(
      runner.action<[string, string[]], Choice>((context, [queue, ids], choice) =>
        retry(context, queueOf(queue), ids, choice),
      ),
    );
  choosing(errors.command('purge').summary('take entries out; executions stay in the history'), names).action(
    runner.action<[string, string[]], Choice>((context, [queue, ids], choice) =>
      purgeErrors(context, queueOf(queue), ids, choice),
    ),
  );
}

function filtered(command: Command): Command {
  return command
    .option('--job <job_id>', 'only those of one job')
    .option('--code <error_code>', 'only those with this code')
    .option('--since <instant>', 'only those entered since')
    .option('--until <instant>', 'only those entered before')
    .option('--limit <count>', 'at most so many', parseWhole(1, 5000), 50);
}

function choosing(command: Command, names: string): Command {
  return filtered(
    command.argument('<queue>', names).argument('[id...]', 'which; or say it by --job, --code or --since'),
  ).option('--dry-run', 'only say which');
}

function queueOf(name: string): string {
  const queue = QUEUES.get(name) ?? [...QUEUES.values()].find((full) => full === name);
  if (queue === undefined) throw usageError('queue', `cannot be ${name}`, [...QUEUES.keys()].join(', '));
  return queue;
}

function queryOf({ job, code, since, until }: Filter): Query {
  return {
    job_id: job,
    error_code: code,
    from: isoInstant('--since', since),
    to: isoInstant('--until', until),
  };
}

function find(context: Context, queue: string, filter: Filter) {
  const asked = { path: `/v1/errors/${queue}`, item: errorEntrySchema, query: queryOf(filter) };
  return readList(context.api(), asked, filter.limit);
}

async function queues(context: Context): Promise<ExitStatus> {
  const answer = await context.api().get('/v1/errors', errorQueuesSchema);
  context.output.emit(answer, () => describeErrorQueues(answer));
  return EXIT.ok;
}

async function list(context: Context, queue: string, filter: Filter): Promise<ExitStatus> {
  const { items, more } = await find(context, queue, filter);
  context.output.emit({ items }, () => describeErrors(items, context.now()));
  if (more) context.output.note(`there are more: --limit ${String(filter.limit)} was reached`);
  return EXIT.ok;
}

/** Those that are named, or all that a filter keeps. */
async function chosen(
  context: Context,
  queue: string,
  ids: readonly string[],
  choice: Choice,
): Promise<readonly string[]> {
  if (ids.length > 0) return ids;
  const { job, code, since, until } = choice;
  if ([job, code, since, until].every((value) => value === undefined))
    throw usageError('phi errors', 'has nothing to choose them by', 'ids, --job, --code, --since, --until');
  return (await find(context, queue, choice)).items.map(({ id }) => id);
}

async function retry(
  context: Context,
  queue: string,
  ids: readonly string[],
  choice: Choice,
): Promise<ExitStatus> {
  const schema = z.looseObject({ outcome: z.string(), execution_id: z.string().optional() });
  const body = { reason: choice.reason };
  const retried: ({ readonly id: string } & z.infer<typeof schema>)[] = [];
  for (const id of await chosen(context, queue, ids, choice)) {
    const path = `/v1/errors/${queue}/${segment(id)}/retry`;
    const answer =
      choice.dryRun === true ? { outcome: 'WOULD' } : await context.api().post(path, body, schema);
    retried.push({ id, ...answer });
  }
  context.output.emit({ retried }, () =>
    retried.length === 0
      ? 'there are none'
      : retried
          .map(({ id, outcome, execution_id = '' }) =>
            `${id} ${outcome.toLowerCase()} ${execution_id}`.trimEnd(),
          )
          .join('\n'),
  );
  return EXIT.ok;
}

async function purgeErrors(
  context: Context,
  queue: string,
  asked: readonly string[],
  choice: Choice,
): Promise<ExitStatus> {
  const ids = await chosen(context, queue, asked, choice);
  return purge(context, { path: `/v1/errors/${queue}`, field: 'ids', ids, dryRun: choice.dryRun });
}
