import type { FailedTrigger } from './match-event.js';
import { reportSchedulingError } from './report-scheduling-error.js';
import type { Services } from './services.js';

/**
 * Reports triggers that an event has shown to be wrong (specification: Scheduling Errors), each once by each process. A report that
 * fails does not decide about the event: the next one that fares the same repeats it.
 */
export async function reportTriggerErrors(
  services: Services,
  failed: readonly FailedTrigger[],
): Promise<void> {
  const fresh = failed.filter(({ active }) => !active.reported);
  await Promise.allSettled(fresh.map((failure) => report(services, failure)));
}

async function report(services: Services, { active, reason }: FailedTrigger): Promise<void> {
  const { job_id, trigger_id } = active;
  await reportSchedulingError(services, {
    job_id,
    schedule_id: trigger_id,
    error_code: 'SCHED_004_INVALID_TRIGGER',
    error_message: `trigger ${trigger_id} cannot take an event: ${reason}`,
    schedule_config: JSON.stringify(active.trigger),
    detection_time: new Date(await services.schedules.now()).toISOString(),
  });
  active.reported = true;
}
