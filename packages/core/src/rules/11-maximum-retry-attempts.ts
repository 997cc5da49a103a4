import type { RetryPolicy } from '../schema/retry-policy.js';

/**
 * Whether a chain has attempts left (specification: Rule 11, Maximum Retry Attempts).
 *
 * @param failures - how many counted attempts have failed, from 1; those lost with their executor are not counted
 */
export function maximumRetryAttempts(
  { max_attempts, include_initial }: Pick<RetryPolicy, 'max_attempts' | 'include_initial'>,
  failures: number,
): 'RETRY' | 'EXHAUSTED' {
  const allowed = include_initial ? max_attempts : max_attempts + 1;
  return failures < allowed ? 'RETRY' : 'EXHAUSTED';
}
