import type { LimitVerdict } from './verdict.js';

/** A limit of concurrency and how many hold a slot of it. */
export interface SlotFacts {
  /** Undefined where no limit is set. */
  readonly limit: number | undefined;
  readonly held: number;
}

/**
 * Whether one more execution fits into a resource pool (specification: Rule 6, Resource Pool Limits); the same for the limits of
 * a job type and of a job (specification: Parallelism Control).
 *
 * Decided by `limits.first_full` of the store, which takes the slot in the same script; this states what it decides.
 */
export function resourcePoolLimit({ limit, held }: SlotFacts): LimitVerdict {
  return limit === undefined || held < limit ? 'ADMIT' : 'WAIT';
}
