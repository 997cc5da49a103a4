import type { Command } from 'commander';
import * as z from 'zod';

import { segment } from '@phi/client';
import { usageError } from '../cli-error.js';
import type { CommandRunner } from '../command-runner.js';
import type { Context } from '../context.js';
import { EXIT, type ExitStatus } from '../exit-status.js';
import { examples, parseWord } from '../options.js';
import { table } from '../output/table.js';

const CASCADES = ['NONE', 'IMMEDIATE_DEPENDENTS', 'ALL_DOWNSTREAM'] as const;

interface Options {
  readonly reason?: string;
  readonly cascade?: (typeof CASCADES)[number];
}

/** Answer of POST /v1/executions/{id}/cancel. */
const cancelledSchema = z.looseObject({ execution_id: z.string(), status: z.string() });
/** Answer of POST /v1/runs/{id}/cancel. */
const cancelledRunSchema = z.looseObject({ run_id: z.string(), executions: z.array(cancelledSchema) });

type Cancelled = z.infer<typeof cancelledSchema>;

export function addCancel(program: Command, runner: CommandRunner): void {
  const command = program
    .command('cancel')
    .summary('cancel an execution or a whole run')
    .description(
      'Cancels an execution, or everything of a run that is open. What has not started ends at once; what runs is asked to stop ' +
        'and ends CANCELLED once its body is gone (specification: Rule 16).',
    )
    .usage('[options] [kind] <id>')
    .argument('<kind-or-id>', 'execution or run; or the id of an execution alone')
    .argument('[id]', 'execution_id or run_id')
    .option('--reason <text>', 'why, for the history')
    .option(
      '--cascade <scope>',
      `what becomes of its dependents: ${CASCADES.join(', ')} (default: as the job has it)`,
      parseWord(CASCADES),
    )
    .action(
      runner.action<[string, string | undefined], Options>((context, [first, second], options) =>
        cancel(context, second === undefined ? ['execution', first] : [first, second], options),
      ),
    );
  examples(command, [
    'phi cancel 3f2a9c1e77d04b5a8e610c2d --reason "wrong parameters"',
    'phi cancel run 3f2a9c1e77d04b5a8e610c2d',
  ]);
}

async function cancel(
  context: Context,
  [kind, id]: readonly [string, string],
  options: Options,
): Promise<ExitStatus> {
  const reason = options.reason === undefined ? {} : { reason: options.reason };
  if (kind === 'execution') return cancelExecution(context, id, { ...reason, ...cascadeOf(options) });
  if (kind !== 'run') throw usageError('kind', `cannot be ${kind}`, 'execution, run');
  if (options.cascade !== undefined)
    throw usageError('--cascade', 'does not go with a run', 'a run is cancelled whole');
  const answer = await context.api().post(`/v1/runs/${segment(id)}/cancel`, reason, cancelledRunSchema);
  context.output.emit(answer, () =>
    answer.executions.length === 0 ? 'nothing of the run was open' : describe(answer.executions),
  );
  return EXIT.ok;
}

function cascadeOf({ cascade }: Options): { cascade?: string } {
  return cascade === undefined ? {} : { cascade };
}

async function cancelExecution(context: Context, id: string, body: object): Promise<ExitStatus> {
  const answer = await context.api().post(`/v1/executions/${segment(id)}/cancel`, body, cancelledSchema);
  context.output.emit(answer, () => describe([answer]));
  return EXIT.ok;
}

function describe(executions: readonly Cancelled[]): string {
  const rows = executions.map(({ execution_id, status }) => [
    execution_id,
    status === 'RUNNING' ? 'asked to stop' : 'cancelled',
  ]);
  return table(['EXECUTION', ''], rows);
}
