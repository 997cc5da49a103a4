import { PhiError, type ErrorEntry, type ErrorQueueName } from '@phi/core';

import { resumeSchedule } from './control-schedule.js';
import { retryDeadLetter } from './dead-letters.js';
import { retryExecution, type RetryResult } from './retry-execution.js';
import type { Services } from './services.js';

export interface ErrorRetry {
  readonly queue: ErrorQueueName;
  readonly id: string;
  readonly actor: string;
  readonly detail?: string | undefined;
}

export type ErrorRetryResult =
  /** RESOLVED: what was wrong is right by now. RETRIED: an execution was started. */
  | { readonly ok: true; readonly outcome: 'RESOLVED' }
  | {
      readonly ok: true;
      readonly outcome: 'RETRIED';
      readonly run_id: string;
      readonly execution_id: string;
    }
  | { readonly ok: false; readonly refusal: 'UNKNOWN_ENTRY' }
  /** It is about a definition, which has to be corrected; as `detail` says. */
  | { readonly ok: false; readonly refusal: 'STILL_WRONG'; readonly detail: string }
  | Extract<RetryResult, { ok: false }>;

/**
 * Tries again what an entry of an error queue is about, and takes the entry out where that was accepted (specification: Queue Operations, Retry):
 * of an execution, a retry of it; of a dependency, a rerun of the execution that it has skipped; of a schedule, whether it can be evaluated now.
 */
export async function retryError(services: Services, request: ErrorRetry): Promise<ErrorRetryResult> {
  const result = await retry(services, request);
  if (result.ok) await services.errors.withdraw(request.queue, [request.id]);
  return result;
}

async function retry(services: Services, request: ErrorRetry): Promise<ErrorRetryResult> {
  const { queue, id } = request;
  if (queue === 'phi_dead_letter') return retryLetter(services, request);
  if (queue === 'phi_execution_errors') return retryOf(services, id, request);
  const entry = await services.errorQueues.get(queue, id);
  if (entry === undefined) return { ok: false, refusal: 'UNKNOWN_ENTRY' };
  if (queue === 'phi_scheduling_errors') return recheck(services, entry);
  const { execution_id } = entry.error;
  return typeof execution_id === 'string' ? retryOf(services, execution_id, request) : stillWrong(entry);
}

async function retryLetter(services: Services, { id, actor, detail }: ErrorRetry): Promise<ErrorRetryResult> {
  const result = await retryDeadLetter(services, { execution_id: id, actor, detail });
  if (!result.ok) return result;
  return { ok: true, outcome: 'RETRIED', run_id: result.run_id, execution_id: result.execution_id };
}

async function retryOf(
  services: Services,
  executionId: string,
  { actor, detail }: ErrorRetry,
): Promise<ErrorRetryResult> {
  const result = await retryExecution(services, { execution_id: executionId, actor, detail });
  if (!result.ok) return result;
  return { ok: true, outcome: 'RETRIED', run_id: result.run_id, execution_id: result.execution_id };
}

/** Whether a schedule can be evaluated by now, or a trigger is another one. */
async function recheck(services: Services, entry: ErrorEntry): Promise<ErrorRetryResult> {
  const { job_id, schedule_id, schedule_config } = entry.error;
  const { jobs } = await services.catalog.current();
  const definition = jobs.get(String(job_id))?.definition;
  if (definition?.schedule?.schedule_id === schedule_id) return reschedule(services, String(schedule_id));
  const trigger = definition?.triggers.find(({ trigger_id }) => trigger_id === schedule_id);
  const isAsItWas = trigger !== undefined && JSON.stringify(trigger) === schedule_config;
  return isAsItWas ? stillWrong(entry) : { ok: true, outcome: 'RESOLVED' };
}

async function reschedule(services: Services, scheduleId: string): Promise<ErrorRetryResult> {
  try {
    const state = await services.schedules.get(scheduleId);
    // One that is merely paused stays so.
    if (state?.invalid !== undefined) await resumeSchedule(services, scheduleId);
    return { ok: true, outcome: 'RESOLVED' };
  } catch (error) {
    if (!(error instanceof PhiError)) throw error;
    return { ok: false, refusal: 'STILL_WRONG', detail: `${error.code}: ${error.message}` };
  }
}

function stillWrong({ error_code, error }: ErrorEntry): ErrorRetryResult {
  const { error_message, resolution_hint } = error;
  const said = error_message ?? resolution_hint;
  const detail = typeof said === 'string' ? `${error_code}: ${said}` : error_code;
  return { ok: false, refusal: 'STILL_WRONG', detail };
}
