import type { PhiConfig } from '../config/parameters.js';
import { fitDelays, type AuthoredRetryPolicy, type RetryPolicy } from '../schema/retry-policy.js';
import { over } from './over.js';

/**
 * Fills in a retry policy (specification: RetryPolicy; Rules 8 to 11).
 * See {@link fitDelays} for where only one of the two delays is written.
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
  return fitDelays(over(builtIn, defaults, policy), policy);
}
