import { segment } from '@phi/client';
import type { Command } from 'commander';
import * as z from 'zod';

import { deadLetterGroupsSchema, deadLetterSchema } from '../api/dead-letter.js';
import { readList } from '../api/page.js';
import { purge } from '../bulk/purge.js';
import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWhole } from '../options.js';
import { addRedrive } from './redrive.js';
import {
  describeDeadLetter,
  describeDeadLetterGroups,
  describeDeadLetters,
} from '../views/dead-letter-view.js';

interface Filter {
  readonly kind?: string;
  readonly job?: string;
  readonly code?: string;
  readonly limit: number;
}

interface Choice extends Filter {
  readonly reason?: string;
  readonly dryRun?: boolean;
}

export function addDeadLetters(program: Command, runner: CommandRunner): void {
  const letters = filtered(
    program
      .command('dead-letters')
      .summary('list, show, retry or purge executions that failed for good')
      .description(
        'Lists the executions that failed for good (Rule 15); with a word more it shows or retries them.',
      ),
  ).action(runner.action<[], Filter>((context, _, filter) => list(context, filter)));
  examples(letters, [
    'phi dead-letters --job load',
    'phi dead-letters kinds',
    'phi dead-letters retry --kind 3f2a9c1e77d0 --reason "destination is back"',
  ]);
  letters
    .command('kinds')
    .summary('kinds of failure, the most frequent first')
    .action(runner.action<[], object>((context) => kinds(context)));
  letters
    .command('get')
    .summary('show one with its stack trace')
    .argument('<execution_id>', 'the execution')
    .action(runner.action<[string], object>((context, [id]) => show(context, id)));
  addRedrive(letters, runner);
  choosing(letters.command('retry').summary('run again, each once, with what comes after it'))
    .option('--reason <text>', 'why, for the history')
    .action(runner.action<[string[]], Choice>((context, [ids], choice) => retry(context, ids, choice)));
  choosing(letters.command('purge').summary('take off the list; the executions stay in the history')).action(
    runner.action<[string[]], Choice>((context, [ids], choice) => purgeLetters(context, ids, choice)),
  );
}

function filtered(command: Command): Command {
  return command
    .option('--kind <kind>', 'only those of one kind of failure')
    .option('--job <job_id>', 'only those of one job')
    .option('--code <error_code>', 'only those with this code')
    .option('--limit <count>', 'at most so many', parseWhole(1, 5000), 50);
}

function choosing(command: Command): Command {
  return filtered(
    command.argument('[execution_id...]', 'which; or say it by --kind, --job or --code'),
  ).option('--dry-run', 'only say which');
}

const queryOf = ({ kind, job, code }: Filter) => ({ fingerprint: kind, job_id: job, error_code: code });

async function find(context: Context, filter: Filter) {
  const asked = { path: '/v1/dead-letters', item: deadLetterSchema, query: queryOf(filter) };
  return readList(context.api(), asked, filter.limit);
}

async function list(context: Context, filter: Filter): Promise<ExitStatus> {
  const { items, more } = await find(context, filter);
  context.output.emit({ items }, () => describeDeadLetters(items, context.now()));
  if (more) context.output.note(`there are more: --limit ${String(filter.limit)} was reached`);
  return EXIT.ok;
}

async function kinds(context: Context): Promise<ExitStatus> {
  const groups = await context.api().get('/v1/dead-letters/groups', deadLetterGroupsSchema);
  context.output.emit(groups, () => describeDeadLetterGroups(groups, context.now()));
  return EXIT.ok;
}

async function show(context: Context, id: string): Promise<ExitStatus> {
  const letter = await context.api().get(`/v1/dead-letters/${segment(id)}`, deadLetterSchema);
  context.output.emit(letter, () => describeDeadLetter(letter, context.now()));
  return EXIT.ok;
}

/** Those that are named, or all that a filter keeps. */
async function chosen(context: Context, ids: readonly string[], choice: Choice): Promise<readonly string[]> {
  if (ids.length > 0) return ids;
  if (choice.kind === undefined && choice.job === undefined && choice.code === undefined)
    throw usageError('phi dead-letters', 'has nothing to choose them by', 'ids, --kind, --job or --code');
  return (await find(context, choice)).items.map(({ execution_id }) => execution_id);
}

async function retry(context: Context, ids: readonly string[], choice: Choice): Promise<ExitStatus> {
  const retried: { readonly execution_id: string; readonly run_id?: string; readonly pass?: number }[] = [];
  const answer = z.looseObject({ run_id: z.string(), pass: z.number() });
  for (const execution_id of await chosen(context, ids, choice)) {
    const path = `/v1/dead-letters/${segment(execution_id)}/retry`;
    const body = { reason: choice.reason };
    const opened = choice.dryRun === true ? {} : await context.api().post(path, body, answer);
    retried.push({ execution_id, ...opened });
  }
  const verb = choice.dryRun === true ? 'would be retried' : 'retried';
  context.output.emit({ retried }, () =>
    retried.length === 0
      ? 'there are none'
      : retried
          .map(({ execution_id, run_id, pass }) =>
            run_id === undefined
              ? `${execution_id} ${verb}`
              : `${execution_id} ${verb}: pass ${String(pass)} of run ${run_id}`,
          )
          .join('\n'),
  );
  return EXIT.ok;
}

async function purgeLetters(context: Context, asked: readonly string[], choice: Choice): Promise<ExitStatus> {
  const ids = await chosen(context, asked, choice);
  return purge(context, { path: '/v1/dead-letters', field: 'execution_ids', ids, dryRun: choice.dryRun });
}
