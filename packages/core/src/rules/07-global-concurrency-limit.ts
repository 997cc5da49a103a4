import type { LimitVerdict } from './verdict.js';

export interface GlobalSlots {
  readonly global_max_concurrent: number;
  /** What the live executors offer that serve it, one prefetched for each of their places. */
  readonly places: number;
  /** Executions that hold their slots. */
  readonly held: number;
  /** Those of them that have a place of a dedicated pool, where it is the others' places. */
  readonly apart?: number;
}

/**
 * Whether one more execution of the namespace may hold its slots (specification: Rule 7, Global Concurrency Limit): as many as
 * the limit allows and the executors offer. Excess is queued (`enforcement_mode` QUEUE).
 *
 * Decided by `limits.has_room` of the store, which takes the slot in the same script; this states what it decides.
 */
export function globalConcurrencyLimit({
  global_max_concurrent,
  places,
  held,
  apart = 0,
}: GlobalSlots): LimitVerdict {
  return held < global_max_concurrent && held - apart < places ? 'ADMIT' : 'WAIT';
}
