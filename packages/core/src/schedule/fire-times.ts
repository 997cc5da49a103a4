import { fireTimeFinder } from './next-fire-time.js';
import type { ScheduleTiming } from './schedule-timing.js';

export interface FireTimes {
  /** Epoch milliseconds, ascending. */
  readonly times: readonly number[];
  /** Whether these are all; false if there are more than were asked for. */
  readonly complete: boolean;
}

/**
 * All nominal fire times of a schedule after an instant and up to another (specification: Schedule, Rules 1 and 4): those
 * that nextFireTime answers one after another.
 *
 * @param afterMs - epoch milliseconds, excluded
 * @param untilMs - epoch milliseconds, included
 * @param anchorMs - as for nextFireTime
 * @param atMost - the first so many
 * @throws PhiError as nextFireTime
 */
export function fireTimes(
  schedule: ScheduleTiming,
  afterMs: number,
  untilMs: number,
  anchorMs: number,
  atMost: number,
): FireTimes {
  const find = fireTimeFinder(schedule, anchorMs);
  const times: number[] = [];
  let next = find(afterMs);
  while (next !== undefined && next.time_ms <= untilMs) {
    if (times.length >= atMost) return { times, complete: false };
    times.push(next.time_ms);
    next = find(next.time_ms);
  }
  return { times, complete: true };
}
