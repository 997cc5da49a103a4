import type { RetryPolicy } from '../schema/retry-policy.js';

/**
 * A delay moved up or down at random by up to `jitter_factor` of itself (specification: Rule 9, Retry Jitter, `jitter_mode` FULL:
 * the entire delay is varied).
 *
 * @param delayMs - milliseconds
 * @param random - 0 <= random < 1
 * @returns whole milliseconds
 */
export function retryJitterMs(
  { jitter_factor }: Pick<RetryPolicy, 'jitter_factor'>,
  delayMs: number,
  random: number,
): number {
  return Math.round(delayMs * (1 + jitter_factor * (2 * random - 1)));
}
