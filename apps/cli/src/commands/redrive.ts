import { segment } from '@phi/client';
import type { Command } from 'commander';
import * as z from 'zod';

import { pageSchema } from '../api/page.js';
import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { patiently, POLL_MS } from '../follow/follow-run.js';
import { examples, parseWhole } from '../options.js';
import { formatRelative } from '../output/duration.js';
import { table } from '../output/table.js';
import { pause } from '../system.js';

const redriveSchema = z.looseObject({
  redrive_id: z.string(),
  state: z.string(),
  fingerprint: z.string().optional(),
  job_id: z.string().optional(),
  error_code: z.string().optional(),
  created_time: z.string(),
  total: z.number().nullable(),
  completed: z.number(),
  failed: z.number(),
  cancelled: z.number(),
  skipped: z.number(),
  current: z.array(z.looseObject({ execution_id: z.string() })),
  failures: z.array(z.string()),
});
type Redrive = z.infer<typeof redriveSchema>;

interface Options {
  readonly kind?: string;
  readonly job?: string;
  readonly code?: string;
  readonly batch?: number;
  readonly stopAfter?: number;
  readonly reason?: string;
  readonly follow?: boolean;
}

const PATH = '/v1/dead-letters/redrives';

/** `phi dead-letters redrive`, `redrives` and `stop-redrive`. */
export function addRedrive(letters: Command, runner: CommandRunner): void {
  const redrive = letters
    .command('redrive')
    .summary('run them again: one first, then the rest in batches, until they fail again')
    .option('--kind <kind>', 'those of one kind of failure')
    .option('--job <job_id>', 'those of one job')
    .option('--code <error_code>', 'those with this code')
    .option(
      '--batch <count>',
      'how many run at the same time after the first (default: 10)',
      parseWhole(1, 100),
    )
    .option('--stop-after <failures>', 'stop after so many failures (default: 1)', parseWhole(1, 1000))
    .option('--reason <text>', 'why, for the history')
    .option('--follow', 'show how it gets on, to its end')
    .action(runner.action<[], Options>((context, _, options) => begin(context, options)));
  examples(redrive, ['phi dead-letters redrive --kind 3f2a9c1e77d0 --follow']);
  letters
    .command('redrives')
    .summary('list redrives, or show one')
    .argument('[redrive_id]', 'which')
    .option('--follow', 'show how it gets on, to its end')
    .action(
      runner.action<[string | undefined], Options>((context, [id], { follow }) => show(context, id, follow)),
    );
  letters
    .command('stop-redrive')
    .summary('release nothing more of a redrive')
    .argument('<redrive_id>', 'which')
    .action(runner.action<[string], object>((context, [id]) => stop(context, id)));
}

async function begin(context: Context, options: Options): Promise<ExitStatus> {
  const { kind, job, code, batch, stopAfter, reason, follow } = options;
  if (kind === undefined && job === undefined && code === undefined)
    throw usageError('phi dead-letters redrive', 'has nothing to choose them by', '--kind, --job, --code');
  const body = {
    fingerprint: kind,
    job_id: job,
    error_code: code,
    batch_size: batch,
    stop_after_failures: stopAfter,
    reason,
    idempotency_key: context.newId(),
  };
  const begun = await context.api().post('/v1/dead-letters/redrive', body, redriveSchema);
  return follow === true ? showToItsEnd(context, begun.redrive_id) : emit(context, begun);
}

async function show(context: Context, id: string | undefined, follow?: boolean): Promise<ExitStatus> {
  if (id !== undefined && follow === true) return showToItsEnd(context, id);
  if (id !== undefined) return emit(context, await read(context, id));
  const page = await context.api().get(PATH, pageSchema(redriveSchema));
  context.output.emit({ items: page.items }, () => describe(page.items, context.now()));
  return EXIT.ok;
}

async function stop(context: Context, id: string): Promise<ExitStatus> {
  return emit(context, await context.api().post(`${PATH}/${segment(id)}/cancel`, {}, redriveSchema));
}

function read(context: Context, id: string): Promise<Redrive> {
  return patiently(context, () => context.api().get(`${PATH}/${segment(id)}`, redriveSchema));
}

async function showToItsEnd(context: Context, id: string): Promise<ExitStatus> {
  let said = '';
  for (;;) {
    const redrive = await read(context, id);
    const progress = `  ${redrive.state}  ${progressOf(redrive)}`;
    if (context.output.isHuman && progress !== said) context.output.note(progress);
    said = progress;
    if (redrive.state !== 'PROBING' && redrive.state !== 'RELEASING') return emit(context, redrive);
    await pause(POLL_MS, context.signal);
  }
}

function emit(context: Context, redrive: Redrive): ExitStatus {
  context.output.emit(redrive, () => describe([redrive], context.now()));
  return redrive.state === 'STOPPED' ? EXIT.failed : EXIT.ok;
}

function progressOf({ completed, failed, cancelled, skipped, current, total }: Redrive): string {
  const of = total === null ? '' : ` of ${String(total)}`;
  const parts = [
    [completed, `completed${of}`],
    [current.length, 'under way'],
    [failed, 'failed again'],
    [cancelled, 'cancelled'],
    [skipped, 'passed over'],
  ] as const;
  return parts
    .filter(([count], index) => index === 0 || count > 0)
    .map(([count, what]) => `${String(count)} ${what}`)
    .join(', ');
}

function describe(redrives: readonly Redrive[], now: number): string {
  const rows = redrives.map((redrive) => [
    redrive.redrive_id,
    redrive.state,
    redrive.fingerprint,
    redrive.job_id,
    redrive.error_code,
    formatRelative(redrive.created_time, now),
    progressOf(redrive),
    redrive.failures.at(-1),
  ]);
  return table(['REDRIVE', 'STATE', 'KIND', 'JOB', 'CODE', 'BEGUN', 'PROGRESS', 'FAILED AGAIN'], rows);
}
