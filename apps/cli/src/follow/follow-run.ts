import { segment, Unreachable } from '@phi/client';

import { ApiRefusal } from '../api/api-error.js';
import type { Execution } from '../api/execution.js';
import { runDetailSchema, type RunDetail } from '../api/run.js';
import type { Context } from '../context.js';
import { pause } from '../system.js';

/** Between two looks, in milliseconds. */
export const POLL_MS = 500;
/** How long the API may be away while something is followed, in milliseconds. */
const PATIENCE_MS = 60_000;

/**
 * Looks at a run until it has ended.
 *
 * @param onChange - told of each execution that is new or has another status
 * @returns the run as it ended
 */
export async function followRun(
  context: Context,
  runId: string,
  onChange: (execution: Execution) => void,
): Promise<RunDetail> {
  const seen = new Map<string, string>();
  for (;;) {
    const run = await patiently(context, () =>
      context.api().get(`/v1/runs/${segment(runId)}`, runDetailSchema),
    );
    for (const execution of run.executions) {
      if (seen.get(execution.execution_id) === execution.status) continue;
      seen.set(execution.execution_id, execution.status);
      onChange(execution);
    }
    if (run.status !== 'running') return run;
    await pause(POLL_MS, context.signal);
  }
}

/** Asks again while the API is away: what is followed goes on without it. */
export async function patiently<T>(context: Context, ask: () => Promise<T>): Promise<T> {
  let awaySince: number | undefined;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isAway(error)) throw error;
      const now = context.now();
      if (awaySince === undefined) context.output.note(`the API is away (${error.message}); still trying`);
      awaySince ??= now;
      if (now - awaySince > PATIENCE_MS) throw error;
      await pause(POLL_MS, context.signal);
    }
  }
}

function isAway(error: unknown): error is Error {
  return (
    error instanceof Unreachable || (error instanceof ApiRefusal && [502, 503, 504].includes(error.status))
  );
}
