import type { CancelCommand, CancelResult, CancelScope } from '@phi/core';

import type { Services } from './services.js';

/** Who cancels, and what becomes of dependents (Rule 16). */
export interface CancelRequest {
  /** For the history. */
  readonly actor: string;
  /** In words, for the history. */
  readonly detail?: string;
  /** Left out: as each job has it. */
  readonly cascade?: CancelScope | 'NONE';
}

const BY_HAND = 'EXEC_022_CANCELLED';
/** Executions in one call. */
const AT_ONCE = 50;

/**
 * Cancels an execution, by any attempt of its chain: at once where it has not started; what runs is asked to stop, and ends CANCELLED
 * once its body is gone, unless its result is recorded before (specification: Rule 16, Execution Control).
 */
export async function cancelExecution(
  services: Services,
  executionId: string,
  request: CancelRequest,
): Promise<CancelResult> {
  const [result] = await services.executions.cancel([commandOf(executionId, request)]);
  return result ?? { ok: false, refusal: 'UNKNOWN_EXECUTION' };
}

/**
 * Cancels everything of a run that is open, and what would follow from it, save what depends on COMPLETION: clean-up runs.
 *
 * @returns what became of each that was open; undefined for a run that does not exist
 */
export async function cancelRun(
  services: Services,
  runId: string,
  request: Omit<CancelRequest, 'cascade'>,
): Promise<readonly CancelResult[] | undefined> {
  if ((await services.runs.get(runId)) === undefined) return undefined;
  const records = await services.executions.getMany(await services.runs.executions(runId));
  const open = records.filter(({ completed_time }) => completed_time === undefined);
  const commands = open.map(({ execution_id }) =>
    commandOf(execution_id, { ...request, cascade: 'ALL_DOWNSTREAM' }),
  );
  const results: CancelResult[] = [];
  for (let at = 0; at < commands.length; at += AT_ONCE)
    results.push(...(await services.executions.cancel(commands.slice(at, at + AT_ONCE))));
  return results;
}

function commandOf(execution_id: string, request: CancelRequest): CancelCommand {
  return { execution_id, reason: BY_HAND, ...request };
}
