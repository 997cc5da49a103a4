import type { CronTime } from '../cron/next-cron-time.js';
import { findCronTime } from '../cron/next-cron-time.js';
import { PhiError } from '../errors/phi-error.js';
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
  return fireTimeFinder(schedule, anchorMs)(afterMs)?.time_ms;
}

/** Answers the first fire time strictly after an instant, and says if it stands for one that does not exist. */
export type FireTimeFinder = (afterMs: number) => CronTime | undefined;

/** As nextFireTime for one schedule and many instants: what does not change between them is worked out once. */
export function fireTimeFinder(schedule: ScheduleTiming, anchorMs: number): FireTimeFinder {
  requireTimezone(schedule);
  const { start, end } = activePeriod(schedule);
  const find = finderOfType(schedule, Number.isFinite(start) ? start : anchorMs);
  return (afterMs) => {
    // A fire time at the very start counts, so that the search begins just before it.
    const found = find(Math.max(afterMs, start - 1));
    return found !== undefined && found.time_ms < end ? found : undefined;
  };
}

/** @param anchor - what an INTERVAL counts from */
function finderOfType(schedule: ScheduleTiming, anchor: number): FireTimeFinder {
  switch (schedule.schedule_type) {
    case 'CRON': {
      const cron = scheduleCron(schedule);
      const setting = { timezone: schedule.timezone, dst: schedule.dst ?? undefined };
      return (after) => findCronTime(cron, setting, after);
    }
    case 'INTERVAL': {
      const interval = intervalMs(schedule);
      return (after) => ({ time_ms: nextInterval(interval, after, anchor) });
    }
    case 'ONCE': {
      const runAt = runAtMs(schedule);
      return (after) => (runAt > after ? { time_ms: runAt } : undefined);
    }
  }
}

/** @throws PhiError SCHED_006_EVALUATION_FAILED for none */
export function intervalMs({ interval_seconds }: ScheduleTiming): number {
  const seconds = interval_seconds ?? 0;
  if (!(seconds > 0))
    throw misconfigured('interval_seconds', interval_seconds, 'a whole number of seconds from 1');
  return seconds * 1000;
}

function nextInterval(interval: number, after: number, anchor: number): number {
  return after < anchor ? anchor : anchor + (Math.floor((after - anchor) / interval) + 1) * interval;
}

function runAtMs({ run_at }: ScheduleTiming): number {
  const runAt = Date.parse(run_at ?? '');
  if (Number.isNaN(runAt)) throw misconfigured('run_at', run_at, 'a date and time with an offset');
  return runAt;
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
