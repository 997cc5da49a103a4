import type { Command } from 'commander';
import * as z from 'zod';

import { segment } from '@phi/client';
import { bulk, bulkOptions, choosesBulk, type BulkOptions } from '../bulk/bulk-executions.js';
import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWord } from '../options.js';
import { table } from '../output/table.js';

const CASCADES = ['NONE', 'IMMEDIATE_DEPENDENTS', 'ALL_DOWNSTREAM'] as const;

interface Options extends BulkOptions {
  readonly cascade?: (typeof CASCADES)[number];
}

/** Answer of POST /v1/executions/{id}/cancel. */
const cancelledSchema = z.looseObject({ execution_id: z.string(), status: z.string() });
/** Answer of POST /v1/runs/{id}/cancel. */
const cancelledRunSchema = z.looseObject({ run_id: z.string(), executions: z.array(cancelledSchema) });

const CHOSEN_BY = 'ids, --job, --run, --status, --tag, --since';

type Cancelled = z.infer<typeof cancelledSchema>;

export function addCancel(program: Command, runner: CommandRunner): void {
  const command = bulkOptions(
    program
      .command('cancel')
      .summary('cancel executions or a whole run')
      .description(
        'Cancels executions, or everything of a run that is open. What has not started ends at once; what runs is asked to stop ' +
          'and ends CANCELLED once its body is gone (specification: Rule 16).',
      )
      .usage('[options] [kind] [id...]')
      .argument('[kind-or-id...]', 'execution or run, and its id; or ids of executions alone'),
  )
    .option(
      '--cascade <scope>',
      `what becomes of its dependents: ${CASCADES.join(', ')} (default: as the job has it)`,
      parseWord(CASCADES),
    )
    .action(
      runner.action<[string[]], Options>((context, [words], options) => cancel(context, words, options)),
    );
  examples(command, [
    'phi cancel 3f2a9c1e77d04b5a8e610c2d --reason "wrong parameters"',
    'phi cancel run 3f2a9c1e77d04b5a8e610c2d',
    'phi cancel --job load --status PENDING --dry-run',
  ]);
}

async function cancel(context: Context, words: readonly string[], options: Options): Promise<ExitStatus> {
  if (choosesBulk('phi cancel', words, options, CHOSEN_BY)) return cancelMany(context, options);
  const { reason, cascade } = options;
  const [kind, id] = words;
  if (words.length === 2 && kind === 'run' && id !== undefined) return cancelRun(context, id, options);
  const ids = kind === 'execution' ? words.slice(1) : words;
  return cancelExecutions(context, ids, { reason, cascade });
}

async function cancelMany(context: Context, options: Options): Promise<ExitStatus> {
  if (options.cascade !== undefined)
    throw usageError('--cascade', 'goes with ids only', 'each is cancelled as its job has it');
  return bulk(context, 'cancel', options);
}

async function cancelRun(context: Context, id: string, { cascade, reason }: Options): Promise<ExitStatus> {
  if (cascade !== undefined)
    throw usageError('--cascade', 'does not go with a run', 'a run is cancelled whole');
  const path = `/v1/runs/${segment(id)}/cancel`;
  const answer = await context.api().post(path, { reason }, cancelledRunSchema);
  context.output.emit(answer, () =>
    answer.executions.length === 0 ? 'nothing of the run was open' : describe(answer.executions),
  );
  return EXIT.ok;
}

async function cancelExecutions(context: Context, ids: readonly string[], body: object): Promise<ExitStatus> {
  const cancelled: Cancelled[] = [];
  for (const id of ids)
    cancelled.push(await context.api().post(`/v1/executions/${segment(id)}/cancel`, body, cancelledSchema));
  const [only] = cancelled;
  const answer = cancelled.length === 1 && only !== undefined ? only : { executions: cancelled };
  context.output.emit(answer, () => describe(cancelled));
  return EXIT.ok;
}

function describe(executions: readonly Cancelled[]): string {
  const rows = executions.map(({ execution_id, status }) => [
    execution_id,
    status === 'RUNNING' ? 'asked to stop' : 'cancelled',
  ]);
  return table(['EXECUTION', ''], rows);
}
