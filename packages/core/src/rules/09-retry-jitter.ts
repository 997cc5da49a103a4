import type { RetryPolicy } from '../schema/retry-policy.js';

/** The share of a delay that the jitter applies to. */
const VARIED_SHARE = { FULL: 1, EQUAL: 0.5, NONE: 0 } as const;

/**
 * A delay moved up or down at random by up to `jitter_factor` of the part that `jitter_mode` names (specification: Rule 9, Retry Jitter).
 *
 * @param delayMs - milliseconds
 * @param random - 0 <= random < 1
 * @returns whole milliseconds
 */
export function retryJitterMs(
  { jitter_factor, jitter_mode }: Pick<RetryPolicy, 'jitter_factor' | 'jitter_mode'>,
  delayMs: number,
  random: number,
): number {
  return Math.round(delayMs * (1 + VARIED_SHARE[jitter_mode] * jitter_factor * (2 * random - 1)));
}
