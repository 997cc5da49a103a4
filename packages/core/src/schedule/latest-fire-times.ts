import { fireTimes } from './fire-times.js';
import type { ScheduleTiming } from './schedule-timing.js';

/** Fire times of a schedule in a row, as the ledger has them. Instants in epoch milliseconds. */
export interface Stretch {
  readonly first_ms: number;
  readonly last_ms: number;
  readonly count: number;
}

/**
 * The latest fire times of a stretch, earliest first. Computes little more than it answers, however long the stretch is.
 *
 * @param beforeMs - only times before it
 * @throws PhiError as nextFireTime
 */
export function latestFireTimes(
  schedule: ScheduleTiming,
  stretch: Stretch,
  beforeMs: number,
  atMost: number,
): readonly number[] {
  const { first_ms, last_ms, count } = stretch;
  const until = Math.min(last_ms, beforeMs - 1);
  // Fire times need not be even: where the guess finds too few, it reaches back twice as far.
  let reach = Math.ceil((last_ms - first_ms) / Math.max(1, count - 1) + 1) * (atMost + 1);
  for (;;) {
    const from = Math.max(first_ms, until - reach);
    const { times } = fireTimes(schedule, from - 1, until, first_ms, Infinity);
    if (times.length >= atMost || from === first_ms) return times.slice(-atMost);
    reach *= 2;
  }
}
