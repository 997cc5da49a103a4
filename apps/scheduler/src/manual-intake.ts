import { findProblems, manualMessageSchema, nearest, PhiError, type Problem } from '@phi/core';
import { triggerJob, type Services, type StartRefusal } from '@phi/engine';
import type { IntakeAnswer, IntakeMessage } from '@phi/queues';

/** Stands in the history of what a message started. */
const ACTOR = 'queue:phi_manual';
/** How soon a message is tried again that nothing is wrong with, in milliseconds. */
const AGAIN_AFTER_MS = 1000;
/** Among more jobs than this no similar name is looked for: it would hold up every other message. */
const COMPARED_AT_MOST = 10_000;

/**
 * Starts a run for a message of the queue `phi_manual` (specification: Manual Triggers). Without an idempotency key of its
 * own a message is one, so that a repeated delivery answers with the first execution.
 *
 * @throws PhiError for what only this message meets; others may pass it
 */
export async function takeManualTrigger(services: Services, message: IntakeMessage): Promise<IntakeAnswer> {
  const parsed = manualMessageSchema.safeParse(message.data);
  if (!parsed.success) return { kind: 'refused', problems: problemsOf(message.data) };
  const { job_id, idempotency_key = message.id, ...wishes } = parsed.data;
  const result = await triggerJob(services, { ...wishes, job_id, idempotency_key, actor: ACTOR });
  if (!result.ok) return answerRefusal(services, job_id, result);
  const { execution_id, run_id, status, created } = result;
  return { kind: 'done', value: { execution_id, run_id, status, created } };
}

/** A payload that is no mapping is not repeated, not even in part: it may be a whole message written as text. */
function problemsOf(data: unknown): Problem[] {
  if (typeof data === 'object' && data !== null && !Array.isArray(data))
    return findProblems(manualMessageSchema, data);
  const accepted = `a mapping with ${Object.keys(manualMessageSchema.shape).join(', ')}`;
  return [{ field: '', reason: 'is not a mapping', accepted }];
}

async function answerRefusal(services: Services, jobId: string, result: StartRefusal): Promise<IntakeAnswer> {
  switch (result.refusal) {
    case 'UNKNOWN_JOB':
      return refuse(await unknownJob(services, jobId));
    case 'JOB_DISABLED':
      return refuse({
        field: 'job_id',
        reason: `${jobId} is not enabled`,
        accepted: 'a job that is applied with enabled: true',
      });
    case 'INVALID_PARAMETERS':
      return refuse(...result.problems);
    case 'QUEUE_FULL':
      return { kind: 'later', after_ms: AGAIN_AFTER_MS, reason: 'the queue is full' };
    case 'CONCURRENCY_LIMIT':
      return refuse({
        field: 'job_id',
        reason:
          'global_max_concurrent executions run already, and enforcement_mode is REJECT (RES_007_CONCURRENCY_LIMIT)',
        accepted: 'the same message when fewer run',
      });
    case 'EXHAUSTED':
      // Jobs of a higher priority may pass it.
      throw cannotTake(result.reason, 'a resource is exhausted; the message is tried again', jobId);
    case 'GRAPH_UNSETTLED':
    case 'STALE_TICK':
    case 'REJECTED':
    case 'SKIPPED_RUNNING':
      return { kind: 'later', after_ms: AGAIN_AFTER_MS, reason: 'the jobs were changed all the while' };
    case 'UPGRADE_REQUIRED':
      throw cannotTake('STATE_004_RECORD_TOO_NEW', 'a newer Phi wrote the execution of this key', jobId);
    case 'CORRUPT_RECORD':
      throw cannotTake('STATE_002_QUEUE_STATE_CORRUPT', 'the execution of this key is damaged', jobId);
  }
}

function refuse(...problems: Problem[]): IntakeAnswer {
  return { kind: 'refused', problems };
}

async function unknownJob(services: Services, jobId: string): Promise<Problem> {
  const names = [...(await services.catalog.current()).jobs.keys()];
  const guess = names.length > COMPARED_AT_MOST ? undefined : nearest(jobId, names);
  return {
    field: 'job_id',
    reason: `no job has the name ${jobId}${guess === undefined ? '' : `; did you mean ${guess}?`}`,
    accepted: 'the name of a registered job',
  };
}

function cannotTake(code: string, reason: string, jobId: string): PhiError {
  return new PhiError(code, reason, { operation: 'scheduler.take-manual-trigger', data: { job_id: jobId } });
}
