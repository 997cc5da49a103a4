/** Microseconds of waiting that one point of priority is worth: a minute. */
export const MICROSECONDS_PER_POINT = 60_000_000;

const MS_PER_POINT = MICROSECONDS_PER_POINT / 1000;

export interface QueuedPriority {
  /** Higher goes first. */
  readonly priority: number;
  /** Epoch milliseconds; of the first attempt of a chain. */
  readonly queued_ms: number;
  /** `priority_boost_on_age`; true where it is left out. */
  readonly ages?: boolean;
}

/**
 * The priority of what waits, raised by a point for each minute that it has waited (specification: Rule 5, Priority
 * Scheduling, `priority_boost_on_age`).
 *
 * What ages does so at the same rate, so that its order never changes: the store keeps it as one score, the time of queueing less
 * the priority (docs/adr/0005-lanes-and-parking.md). What does not is compared with it at that moment (docs/adr/0015-placement.md).
 *
 * @param nowMs - epoch milliseconds
 */
export function priorityScheduling({ priority, queued_ms, ages }: QueuedPriority, nowMs: number): number {
  if (ages === false) return priority;
  return priority + Math.max(0, nowMs - queued_ms) / MS_PER_POINT;
}
