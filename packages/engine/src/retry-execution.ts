import { dependentExecutionId, type ExecutionRecord, type ExecutionStatus, type OpenedPass } from '@phi/core';

import { rerunRun, type RerunResult } from './rerun-run.js';
import type { Services } from './services.js';

export interface RetryRequest {
  /** Any attempt of the chain. */
  readonly execution_id: string;
  /** The same key starts one execution, however often it is asked for. Default: one that follows from the chain. */
  readonly idempotency_key?: string | undefined;
  /** Who asks, and why, for the history. */
  readonly actor: string;
  readonly detail?: string | undefined;
}

interface Refused<Refusal> {
  readonly ok: false;
  readonly refusal: Refusal;
  readonly execution_id: string;
  readonly status: ExecutionStatus;
}

export type RetryResult =
  /** The delay before its next attempt is over. */
  | {
      readonly ok: true;
      readonly how: 'NOW';
      readonly execution_id: string;
      readonly run_id: string;
      readonly repeated: boolean;
    }
  /** Its job runs again in a new pass of its run. */
  | ({
      readonly ok: true;
      readonly how: 'RERUN';
      readonly execution_id: string;
      readonly run_id: string;
    } & OpenedPass)
  /** NOT_ENDED: and it waits for no delay. COMPLETED: there is nothing to retry. Both with the attempt that is meant. */
  | Refused<'NOT_ENDED'>
  | Refused<'COMPLETED'>
  | Extract<RerunResult, { ok: false }>;

/**
 * Tries an execution again (specification: Execution Control, Queue Operations): one that waits for its next attempt goes on now; the job of one
 * that failed, timed out or was cancelled runs again in a new pass of its run, and what comes after it. However often and however concurrently
 * it is asked for under the same key, that is one new execution; under another, it is refused with what has come of the first.
 */
export async function retryExecution(services: Services, request: RetryRequest): Promise<RetryResult> {
  const { execution_id: asked, idempotency_key: op, actor, detail } = request;
  const command = { ...(op === undefined ? {} : { op }), ...(detail === undefined ? {} : { detail }) };
  const [hurried] = await services.executions.retryNow([{ execution_id: asked, actor, ...command }]);
  if (hurried === undefined) return { ok: false, refusal: 'UNKNOWN_EXECUTION' };
  const last =
    hurried.execution_id === undefined ? undefined : await services.executions.get(hurried.execution_id);
  if (hurried.ok) {
    const { execution_id, repeated } = hurried;
    return { ok: true, how: 'NOW', execution_id, run_id: last?.run_id ?? '', repeated };
  }
  if (hurried.refusal !== 'ENDED' && hurried.refusal !== 'OPEN')
    return { ok: false, refusal: hurried.refusal };
  if (last === undefined) return { ok: false, refusal: 'UNKNOWN_EXECUTION' };
  if (hurried.refusal === 'OPEN') return refused('NOT_ENDED', last);
  return runAgain(services, last, request);
}

/** @param last - the attempt that ended the chain */
async function runAgain(
  services: Services,
  last: ExecutionRecord,
  { idempotency_key, actor, detail }: RetryRequest,
): Promise<RetryResult> {
  if (last.status === 'COMPLETED') return refused('COMPLETED', last);
  const { run_id, job_id } = last;
  const key = idempotency_key ?? retryKey(last.execution_id);
  const result = await rerunRun(services, {
    run_id,
    from: [job_id],
    instead_of: last.execution_id,
    idempotency_key: key,
    actor,
    detail,
  });
  if (!result.ok) return result;
  const execution_id = dependentExecutionId(services.namespace, run_id, result.pass, job_id);
  return { how: 'RERUN', execution_id, run_id, ...result };
}

function refused<Refusal>(refusal: Refusal, last: ExecutionRecord): Refused<Refusal> {
  return { ok: false, refusal, execution_id: last.execution_id, status: last.status };
}

/** The operation of a retry that has no key of its own. @param executionId - the attempt that failed */
export function retryKey(executionId: string): string {
  return `retry:${executionId}`;
}
