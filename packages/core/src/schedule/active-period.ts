import { DAY_SECONDS, daysFromCivil } from '../cron/civil-time.js';
import { instantOfWall } from '../cron/wall-clock.js';
import { PhiError } from '../errors/phi-error.js';
import type { ScheduleTiming } from './schedule-timing.js';

/** Epoch milliseconds. */
export interface ActivePeriod {
  /** The first instant at which the schedule may fire. */
  readonly start: number;
  /** The first instant at which it no longer may. */
  readonly end: number;
}

/**
 * When a schedule is active: from the beginning of `start_date` to the end of `end_date`, in its own zone. A day begins
 * when its wall clock first shows midnight, or jumps over it.
 *
 * @throws PhiError SCHED_006_EVALUATION_FAILED for what is not a date
 */
export function activePeriod({ start_date, end_date, timezone }: ScheduleTiming): ActivePeriod {
  return {
    start: dayStart(timezone, start_date, 0) ?? -Infinity,
    end: dayStart(timezone, end_date, 1) ?? Infinity,
  };
}

function dayStart(timezone: string, date: string | null | undefined, daysLater: number): number | undefined {
  if (date === undefined || date === null) return undefined;
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date) ?? [];
  if (year === undefined) {
    throw new PhiError('SCHED_006_EVALUATION_FAILED', `'${date}' is not a date as YYYY-MM-DD`, {
      operation: 'schedule.active-period',
      data: { date },
    });
  }
  const days = daysFromCivil(Number(year), Number(month), Number(day)) + daysLater;
  return instantOfWall(timezone, days * DAY_SECONDS);
}
