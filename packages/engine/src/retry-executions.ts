import type { ExecutionRecord, ExecutionStatus } from '@phi/core';

import { retryExecution, type RetryResult } from './retry-execution.js';
import { cursorAt, selectExecutions, type ExecutionSelection } from './select-executions.js';
import type { Services } from './services.js';

/** What is retried where nothing else is said: what failed, and what waits for its next attempt. */
export const RETRIED_STATUSES: readonly ExecutionStatus[] = ['PENDING', 'FAILED', 'TIMEOUT'];

/** What has not been retried by then is left to the next call: whoever asks is to hear what was done before it gives up waiting. */
const WITHIN_MS = 2000;

/** Many executions at once. */
export interface BulkRequest {
  readonly selection: ExecutionSelection;
  /** Only says which. */
  readonly dry_run: boolean;
  readonly actor: string;
  readonly detail?: string | undefined;
}

/** What became of each, in the order of the listing. */
export interface BulkResult<Outcome> {
  readonly items: readonly { readonly record: ExecutionRecord; readonly outcome: Outcome | undefined }[];
  /** Asks for what follows; absent where there is nothing more. */
  readonly next_cursor?: string;
}

/**
 * Retries every execution of a selection that can be (see {@link retryExecution}), each with its own fate: as many as time allows, at least one.
 * `outcome` is undefined in a dry run.
 */
export async function retryExecutions(
  services: Services,
  { selection, dry_run, actor, detail }: BulkRequest,
): Promise<BulkResult<RetryResult>> {
  const began = services.clock.now();
  const page = await selectExecutions(services, selection, isRetryable);
  const items: { record: ExecutionRecord; outcome: RetryResult | undefined }[] = [];
  // One after another: those of one run would open its next pass at once.
  for (const record of page.items) {
    const last = items.at(-1);
    if (!dry_run && last !== undefined && services.clock.now() - began >= WITHIN_MS)
      return { items, next_cursor: cursorAt(last.record) };
    const { execution_id } = record;
    const outcome = dry_run ? undefined : await retryExecution(services, { execution_id, actor, detail });
    items.push({ record, outcome });
  }
  return { ...page, items };
}

/** The end of a chain that nothing has come after, or an attempt that waits for its delay. */
function isRetryable(record: ExecutionRecord): boolean {
  const { status, retried_by, rerun_by, not_before, attempt_number } = record;
  if (status === 'PENDING') return not_before !== undefined && attempt_number > 1;
  const ended = record.completed_time !== undefined && status !== 'COMPLETED';
  return ended && retried_by === undefined && rerun_by === undefined;
}
