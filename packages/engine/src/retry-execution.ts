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

/** What the job of an ended chain runs again as, in a new pass of its run. */
export type RerunInsteadResult =
  | ({ readonly ok: true; readonly execution_id: string; readonly run_id: string } & OpenedPass)
  | Extract<RerunResult, { ok: false }>;

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
  | ({ readonly how: 'RERUN' } & Extract<RerunInsteadResult, { ok: true }>)
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
  if (last.status === 'COMPLETED') return refused('COMPLETED', last);
  const result = await rerunInstead(services, last, request);
  return result.ok ? { how: 'RERUN', ...result } : result;
}

/** Runs the job of an ended chain again, and what comes after it. @param last - the attempt that ended the chain */
export async function rerunInstead(
  services: Services,
  last: ExecutionRecord,
  {
    idempotency_key = retryKey(last.execution_id),
    actor,
    detail,
  }: Pick<RetryRequest, 'idempotency_key' | 'actor' | 'detail'>,
): Promise<RerunInsteadResult> {
  const { run_id, job_id } = last;
  const result = await rerunRun(services, {
    run_id,
    from: [job_id],
    instead_of: last.execution_id,
    idempotency_key,
    actor,
    detail,
  });
  return result.ok ? startedBy(services, last, result) : result;
}

/** What a pass that runs a chain again has started. @param last - the attempt that ended the chain */
export function startedBy(
  { namespace }: Services,
  { run_id, job_id }: ExecutionRecord,
  { pass, from, after }: OpenedPass,
): Extract<RerunInsteadResult, { ok: true }> {
  return {
    ok: true,
    run_id,
    execution_id: dependentExecutionId(namespace, run_id, pass, job_id),
    pass,
    from,
    after,
  };
}

function refused<Refusal>(refusal: Refusal, last: ExecutionRecord): Refused<Refusal> {
  return { ok: false, refusal, execution_id: last.execution_id, status: last.status };
}

/** The operation of a retry that has no key of its own. @param executionId - the attempt that failed */
export function retryKey(executionId: string): string {
  return `retry:${executionId}`;
}
