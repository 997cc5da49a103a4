import { PhiError, type DueSchedule } from '@phi/core';

import { invalidateSchedule } from './invalid-schedules.js';
import type { Services } from './services.js';
import { settleSchedule, type SettleOptions, type TickCounts } from './settle-schedule.js';

/**
 * Settles what is due of a schedule, as settleSchedule. One that cannot be evaluated any more is marked invalid and stops no
 * other (specification: Scheduling Errors).
 *
 * @returns how many came to what; its id where it is invalid now, undefined where it was changed meanwhile
 */
export async function settleOrInvalidate(
  services: Services,
  due: DueSchedule,
  options: SettleOptions,
): Promise<TickCounts | string | undefined> {
  try {
    return await settleSchedule(services, due, options);
  } catch (error) {
    if (!(error instanceof PhiError) || !error.code.startsWith('SCHED_')) throw error;
    return (await invalidateSchedule(services, due, error)) ? due.schedule_id : undefined;
  }
}
