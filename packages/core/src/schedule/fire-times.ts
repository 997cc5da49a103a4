import { nextFireTime } from './next-fire-time.js';
import type { ScheduleTiming } from './schedule-timing.js';

/** Nominal times in a row; `complete` is false where there are more than were asked for. */
export interface FireTimes {
  readonly times: readonly number[];
  readonly complete: boolean;
}

/**
 * Every nominal fire time of a schedule in (after, until].
 *
 * @param anchorMs - as in nextFireTime
 * @throws PhiError as nextFireTime
 */
export function fireTimes(
  schedule: ScheduleTiming,
  afterMs: number,
  untilMs: number,
  anchorMs: number,
  atMost: number,
): FireTimes {
  const times: number[] = [];
  let next = nextFireTime(schedule, afterMs, anchorMs);
  while (next !== undefined && next <= untilMs) {
    if (times.length === atMost) return { times, complete: false };
    times.push(next);
    next = nextFireTime(schedule, next, anchorMs);
  }
  return { times, complete: true };
}
