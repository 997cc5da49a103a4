import { createHash } from 'node:crypto';

/** Hexadecimal digits of an execution id: 96 bits, so that a billion of them collide with odds below 1e-11. */
export const EXECUTION_ID_LENGTH = 24;

/**
 * The execution id that follows from what caused it, so that the same cause names the same execution
 * however often and by however many services it is submitted. The Lua derives ids of dependents the same way.
 *
 * @param parts - the kind of cause first, then what tells one cause of that kind from another
 * @returns 24 lower-case hexadecimal digits
 */
export function deriveId(...parts: readonly (string | number)[]): string {
  return createHash('sha1').update(parts.join('\u0000')).digest('hex').slice(0, EXECUTION_ID_LENGTH);
}

/** One nominal fire time of one schedule is one execution (specification: Rule 1). */
export function scheduledExecutionId(
  namespace: string,
  jobId: string,
  scheduleId: string,
  nominalMs: number,
): string {
  return deriveId('schedule', namespace, jobId, scheduleId, nominalMs);
}

/** One event is one execution of each trigger that it starts by itself. */
export function eventExecutionId(
  namespace: string,
  trigger: { readonly job_id: string; readonly trigger_id: string },
  event: { readonly source: string; readonly id: string },
): string {
  return deriveId('event', namespace, trigger.job_id, trigger.trigger_id, event.source, event.id);
}

/** One idempotency key of one job is one execution, for good. */
export function requestedExecutionId(namespace: string, jobId: string, idempotencyKey: string): string {
  return deriveId('request', namespace, jobId, idempotencyKey);
}

/** A retry is a new execution of its chain (specification: Execution, parent_execution_id). */
export function retryExecutionId(namespace: string, firstExecutionId: string, attemptNumber: number): string {
  return deriveId('retry', namespace, firstExecutionId, attemptNumber);
}

/** Any attempt of a chain, counted from 1. */
export function attemptId(namespace: string, firstExecutionId: string, attemptNumber: number): string {
  return attemptNumber === 1
    ? firstExecutionId
    : retryExecutionId(namespace, firstExecutionId, attemptNumber);
}

/** Names the execution of a job that a run plans, or runs again in a later pass. */
export function dependentExecutionId(namespace: string, runId: string, pass: number, jobId: string): string {
  return deriveId('dependent', namespace, runId, pass, jobId);
}
