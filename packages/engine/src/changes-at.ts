import type { ScheduleState } from '@phi/core';

/**
 * When a schedule that is changed now changes, epoch milliseconds. What is settled already stays as it was settled, and
 * configurations follow each other, wherever the clock has been since.
 *
 * @param now - Redis' time, epoch milliseconds
 */
export function changesAt(state: ScheduleState | undefined, now: number): number {
  return Math.max(now, state?.last_ms ?? 0, state?.anchor_ms ?? 0);
}
