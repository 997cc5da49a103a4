import type { Execution, ExecutionStatus } from '@phi/core';

import { isPassing, wait } from './retry.js';

export interface WaitOptions {
  /** How long to wait, in milliseconds. Default: as long as it takes. */
  readonly timeoutMs?: number;
  /** Ends the wait. */
  readonly signal?: AbortSignal;
}

/** The execution had not ended in time. It goes on. */
export class WaitTimedOut extends Error {
  override readonly name = 'WaitTimedOut';

  constructor(
    readonly executionId: string,
    timeoutMs: number,
    /** What was last known of it; a later attempt where there is one. */
    readonly last: Execution | undefined,
  ) {
    super(`execution ${executionId} did not end within ${String(timeoutMs)} ms`);
  }
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2000;

const ENDED: ReadonlySet<ExecutionStatus> = new Set(['COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED']);

/**
 * Looks at an execution, and at its retries, until the last attempt has ended. An API that is away meanwhile is waited for too.
 *
 * @param read - one execution
 * @returns the last attempt, however it ended
 * @throws WaitTimedOut; the reason of `signal` once that is aborted
 */
export async function waitForChain(
  read: (executionId: string, signal: AbortSignal | undefined) => Promise<Execution>,
  executionId: string,
  { timeoutMs, signal }: WaitOptions,
): Promise<Execution> {
  const deadline = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const ended = AbortSignal.any([signal, deadline].filter((each) => each !== undefined));
  let current = executionId;
  let last: Execution | undefined;
  try {
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
      last = (await unlessAway(() => read(current, ended))) ?? last;
      if (last !== undefined && isLastAttempt(last)) return last;
      current = last?.retried_by ?? current;
      if (current === (last?.execution_id ?? executionId)) await wait(pauseMs, ended);
    }
  } catch (error) {
    if (deadline?.aborted !== true || signal?.aborted === true) throw error;
    throw new WaitTimedOut(executionId, timeoutMs ?? 0, last);
  }
}

function isLastAttempt({ status, retried_by }: Execution): boolean {
  return ENDED.has(status) && retried_by === null;
}

/** What is waited for goes on without the API. */
async function unlessAway<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if (isPassing(error)) return undefined;
    throw error;
  }
}
