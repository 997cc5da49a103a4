import type { RetryPolicy } from '../schema/retry-policy.js';

/** What Rule 8 needs of a resolved RetryPolicy. */
export type Backoff = Pick<RetryPolicy, 'initial_delay_seconds' | 'max_delay_seconds' | 'backoff_multiplier'>;

/**
 * How long the next attempt waits before it is varied (specification: Rule 8, Exponential Backoff Retry):
 * min(initial x multiplier^(n-1), max).
 *
 * @param failures - how many counted attempts have failed, from 1
 * @returns milliseconds
 */
export function exponentialBackoffMs(policy: Backoff, failures: number): number {
  const grown = policy.initial_delay_seconds * policy.backoff_multiplier ** (failures - 1);
  return Math.min(grown, policy.max_delay_seconds) * 1000;
}
