import { deriveId, type ErrorReport, type SchedulingError } from '@phi/core';

import type { FailedFilter } from './match-event.js';
import type { Services } from './services.js';

/**
 * Reports triggers whose filters could not be evaluated (specification: Scheduling Errors), each once for what went wrong with it.
 * A report that fails does not decide about the event.
 */
export async function reportTriggerErrors(
  services: Services,
  failed: readonly FailedFilter[],
): Promise<void> {
  const fresh = failed.filter(({ active, reason }) => active.isNews(reason));
  if (fresh.length === 0) return;
  const now = await services.schedules.now();
  await Promise.all(
    fresh.map((failure) =>
      services.errors
        .report('phi_scheduling_errors', reportOf(failure, now))
        .catch(() => failure.active.forget(failure.reason)),
    ),
  );
}

function reportOf({ active, reason }: FailedFilter, now: number): ErrorReport {
  const { job_id, trigger_id } = active;
  const error: SchedulingError = {
    job_id,
    schedule_id: trigger_id,
    error_code: 'SCHED_004_INVALID_TRIGGER',
    error_message: `the filter of trigger ${trigger_id} has no answer: ${reason}`,
    schedule_config: JSON.stringify(active.trigger),
    detection_time: new Date(now).toISOString(),
  };
  const id = deriveId('trigger-error', job_id, trigger_id, active.digest, reason);
  return { id, error_code: error.error_code, error: { ...error } };
}
