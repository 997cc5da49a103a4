import type { ScheduleState } from '@phi/core';

/**
 * The instant at which a schedule can change, epoch milliseconds. What is settled already stays as it was settled, and
 * configurations follow each other, wherever the clock has been since.
 *
 * @param state - undefined where it was never in force
 * @param now - Redis' time, epoch milliseconds
 */
export function changesAt(state: ScheduleState | undefined, now: number): number {
  return Math.max(now, state?.last_ms ?? 0, state?.anchor_ms ?? 0);
}
