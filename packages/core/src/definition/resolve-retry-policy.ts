import type { PhiConfig } from '../config/parameters.js';
import type { AuthoredRetryPolicy, RetryPolicy } from '../schema/retry-policy.js';
import { over } from './over.js';

/**
 * Fills in a retry policy (specification: RetryPolicy; Rules 8 to 11).
 * Where only one of the two delays is written, the other gives way, so that the longest is never below the first.
 */
export function resolveRetryPolicy(
  policy: AuthoredRetryPolicy | undefined,
  config: PhiConfig,
  defaults: AuthoredRetryPolicy | undefined,
): RetryPolicy {
  const builtIn: RetryPolicy = {
    max_attempts: config.RETRY_DEFAULT_MAX_ATTEMPTS,
    include_initial: true,
    initial_delay_seconds: config.RETRY_DEFAULT_INITIAL_DELAY_SECONDS,
    max_delay_seconds: config.RETRY_DEFAULT_MAX_DELAY_SECONDS,
    backoff_multiplier: config.RETRY_DEFAULT_BACKOFF_MULTIPLIER,
    jitter_factor: 0.25,
    jitter_mode: 'FULL',
    retryable_errors: [],
    non_retryable_errors: [],
    by_error: {},
  };
  const resolved = over(builtIn, defaults, policy);
  if (resolved.max_delay_seconds >= resolved.initial_delay_seconds) return resolved;
  return policy?.max_delay_seconds === undefined
    ? { ...resolved, max_delay_seconds: resolved.initial_delay_seconds }
    : { ...resolved, initial_delay_seconds: resolved.max_delay_seconds };
}
