import type { CronTime } from '../cron/next-cron-time.js';
import { findCronTime } from '../cron/next-cron-time.js';
import { PhiError } from '../errors/phi-error.js';
import type { ActivePeriod } from './active-period.js';
import { activePeriod } from './active-period.js';
import { requireTimezone, scheduleCron } from './schedule-cron.js';
import type { ScheduleTiming } from './schedule-timing.js';

/**
 * The first nominal fire time of a schedule strictly after an instant (specification: Schedule, Rule 1).
 *
 * CRON follows the wall clock of the schedule's zone. INTERVAL is time elapsed since the beginning of `start_date`, or
 * since the anchor where there is none; it fires at its anchor too. ONCE fires at `run_at`. Nothing fires before
 * `start_date` or after the day of `end_date`.
 *
 * @param afterMs - epoch milliseconds
 * @param anchorMs - what an INTERVAL without `start_date` counts from: the schedule's registration, or any of its fire
 *   times, in epoch milliseconds
 * @returns epoch milliseconds; undefined when it never fires again
 * @throws PhiError SCHED_001_INVALID_CRON, SCHED_002_INVALID_TIMEZONE or SCHED_006_EVALUATION_FAILED for a schedule that
 *   registration would have refused
 */
export function nextFireTime(
  schedule: ScheduleTiming,
  afterMs: number,
  anchorMs: number,
): number | undefined {
  return findFireTime(schedule, afterMs, anchorMs)?.time_ms;
}

/** As nextFireTime, and says if the time stands for one that does not exist. */
export function findFireTime(
  schedule: ScheduleTiming,
  afterMs: number,
  anchorMs: number,
): CronTime | undefined {
  requireTimezone(schedule);
  const period = activePeriod(schedule);
  // A fire time at the very start counts, so that the search begins just before it.
  const found = search(schedule, Math.max(afterMs, period.start - 1), anchorMs, period);
  return found !== undefined && found.time_ms < period.end ? found : undefined;
}

function search(
  schedule: ScheduleTiming,
  after: number,
  anchorMs: number,
  { start }: ActivePeriod,
): CronTime | undefined {
  switch (schedule.schedule_type) {
    case 'CRON':
      return findCronTime(
        scheduleCron(schedule),
        { timezone: schedule.timezone, dst: schedule.dst ?? undefined },
        after,
      );
    case 'INTERVAL':
      return { time_ms: nextInterval(schedule, after, Number.isFinite(start) ? start : anchorMs) };
    case 'ONCE': {
      const runAt = Date.parse(schedule.run_at ?? '');
      if (Number.isNaN(runAt))
        throw misconfigured('run_at', schedule.run_at, 'a date and time with an offset');
      return runAt > after ? { time_ms: runAt } : undefined;
    }
  }
}

function nextInterval({ interval_seconds }: ScheduleTiming, after: number, anchor: number): number {
  const seconds = interval_seconds ?? 0;
  if (!(seconds > 0))
    throw misconfigured('interval_seconds', interval_seconds, 'a whole number of seconds from 1');
  if (after < anchor) return anchor;
  const interval = seconds * 1000;
  return anchor + (Math.floor((after - anchor) / interval) + 1) * interval;
}

function misconfigured(field: string, value: unknown, accepted: string): PhiError {
  return new PhiError(
    'SCHED_006_EVALUATION_FAILED',
    `${field} '${String(value)}' is not valid; accepted: ${accepted}`,
    {
      operation: 'schedule.next-fire-time',
      data: { field, value, accepted },
    },
  );
}
