import {
  nextFireTime,
  type DueSchedule,
  type PhiError,
  type ScheduleState,
  type SchedulingError,
} from '@phi/core';

import { changesAt } from './changes-at.js';
import { reportSchedulingError } from './report-scheduling-error.js';
import type { Services } from './services.js';

/**
 * Marks a schedule that cannot be evaluated as invalid and reports it (specification: Scheduling Errors). Reported first:
 * a report that is repeated is the same, one that is lost is not.
 *
 * @returns false where it was changed meanwhile
 */
export async function invalidateSchedule(
  services: Services,
  due: DueSchedule,
  error: PhiError,
): Promise<boolean> {
  const catalog = await services.catalog.cachedOrRead();
  const config = catalog.jobs.get(due.job_id)?.definition.schedule ?? null;
  const report: SchedulingError = {
    job_id: due.job_id,
    schedule_id: due.schedule_id,
    error_code: error.code,
    error_message: error.message,
    schedule_config: JSON.stringify(config),
    detection_time: new Date(await services.schedules.now()).toISOString(),
  };
  await reportSchedulingError(services, report);
  const reason = `${error.code}: ${error.message}`;
  return (await services.schedules.markInvalid(due.schedule_id, due.rev, reason)) === 'MARKED';
}

/**
 * Puts a schedule in force again that was found invalid: from now on, if it can be evaluated now.
 *
 * @returns false where it was changed meanwhile
 * @throws PhiError SCHED_... while it still cannot be
 */
export async function revalidateSchedule(
  services: Services,
  scheduleId: string,
  state: ScheduleState,
): Promise<boolean> {
  const catalog = await services.catalog.current();
  const { schedule, enabled } = catalog.jobs.get(state.job_id)?.definition ?? {};
  if (schedule?.schedule_id !== scheduleId || enabled !== true) return false;
  const from_ms = changesAt(state, await services.schedules.now());
  const next_ms = nextFireTime(schedule, from_ms, from_ms);
  const from = next_ms === undefined ? { from_ms } : { from_ms, next_ms };
  return (await services.schedules.markValid(scheduleId, state.rev, from)) === 'MARKED';
}
