import type { Command } from 'commander';
import * as z from 'zod';

import { usageError } from '../cli-error.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { isoInstant } from '../instant.js';
import { parseWhole } from '../options.js';
import { table } from '../output/table.js';

/** Which executions a command is for, where it names none. */
export interface BulkOptions {
  readonly job?: string;
  readonly run?: string;
  readonly status?: string;
  readonly code?: string;
  readonly kind?: string;
  readonly tag?: string;
  readonly since?: string;
  readonly until?: string;
  readonly dryRun?: boolean;
  readonly limit: number;
  readonly reason?: string;
}

/** Answer of POST /v1/executions/retry and cancel. */
const answerSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      execution_id: z.string(),
      job_id: z.string(),
      outcome: z.string(),
      started: z.string().optional(),
      status: z.string().optional(),
      detail: z.string().optional(),
    }),
  ),
  next_cursor: z.string().optional(),
});
type Item = z.infer<typeof answerSchema>['items'][number];

/** What one call may ask for. */
const AT_ONCE = 100;

export function bulkOptions(command: Command): Command {
  return command
    .option('--job <job_id>', 'all of one job')
    .option('--run <run_id>', 'all of one run')
    .option('--status <status>', 'all in this status')
    .option('--code <error_code>', 'all with this error code')
    .option('--kind <kind>', 'all of one kind of failure, see `phi dead-letters kinds`')
    .option('--tag <tag>', 'all of jobs with this tag')
    .option('--since <instant>', 'all created since')
    .option('--until <instant>', 'all created before')
    .option('--dry-run', 'only say which')
    .option('--limit <count>', 'at most so many', parseWhole(1, 5000), 500)
    .option('--reason <text>', 'why, for the history');
}

/**
 * Whether a command is for all that its options mean, and not for what it names.
 *
 * @param by - what it accepts to choose executions by
 * @throws CliError it says neither, or both
 */
export function choosesBulk(
  command: string,
  named: readonly string[],
  options: BulkOptions,
  by: string,
): boolean {
  const { job, run, status, code, kind, tag, since, until, dryRun } = options;
  const chooses = [job, run, status, code, kind, tag, since, until].some((value) => value !== undefined);
  if (named.length === 0 && !chooses) throw usageError(command, 'has nothing to choose executions by', by);
  if (named.length > 0 && (chooses || dryRun === true))
    throw usageError(command, 'takes either ids or what to choose executions by', 'one of the two');
  return chooses;
}

/** Asks for all that the options mean, call by call. */
export async function bulk(
  context: Context,
  verb: 'retry' | 'cancel',
  options: BulkOptions,
): Promise<ExitStatus> {
  const items: Item[] = [];
  let cursor: string | undefined;
  do {
    const limit = Math.min(AT_ONCE, options.limit - items.length);
    const body = { ...bodyOf(options), limit, cursor };
    const answer = await context.api().post(`/v1/executions/${verb}`, body, answerSchema);
    items.push(...answer.items);
    cursor = answer.next_cursor;
  } while (cursor !== undefined && items.length < options.limit);
  context.output.emit({ items }, () => describe(items));
  if (cursor !== undefined)
    context.output.note(`there are more: --limit ${String(options.limit)} was reached`);
  return items.some(({ outcome }) => outcome === 'REFUSED') ? EXIT.failed : EXIT.ok;
}

function bodyOf(options: BulkOptions): object {
  const { job, run, status, code, kind, tag, since, until, dryRun, reason } = options;
  return {
    job_id: job,
    run_id: run,
    status: status?.toUpperCase(),
    error_code: code,
    fingerprint: kind,
    tag,
    created_from: isoInstant('--since', since),
    created_to: isoInstant('--until', until),
    dry_run: dryRun,
    reason,
  };
}

function describe(items: readonly Item[]): string {
  if (items.length === 0) return 'there are none';
  const rows = items.map((item) => [
    item.execution_id,
    item.job_id,
    item.outcome.toLowerCase(),
    saysOf(item),
  ]);
  return table(['EXECUTION', 'JOB', 'OUTCOME', ''], rows);
}

function saysOf({ started, status, detail }: Item): string | undefined {
  if (started !== undefined) return `started ${started}`;
  return status === 'RUNNING' ? 'asked to stop' : detail;
}
