/** Attempts lost with their executor have a budget of their own, so that a deploy uses up nobody's retries. */
export const LOST_ATTEMPT_BUDGET = 3;

/** What a retry decision needs of a resolved RetryPolicy (specification: RetryPolicy; Rules 8, 9 and 11). */
export interface BackoffPolicy {
  readonly max_attempts: number;
  /** Whether max_attempts counts the first attempt (Rule 11). */
  readonly include_initial: boolean;
  readonly initial_delay_seconds: number;
  readonly max_delay_seconds: number;
  readonly backoff_multiplier: number;
  /** 0.0-1.0: how far a delay is moved up or down at random (Rule 9). */
  readonly jitter_factor: number;
}

export interface RetryQuestion {
  readonly policy: BackoffPolicy;
  /** The attempt that failed, 1-based. */
  readonly attempt_number: number;
  /** Attempts of this chain lost with their executor before this one. */
  readonly lost_attempts: number;
  readonly lost_now: boolean;
  readonly retryable: boolean;
  /** 0 <= random < 1. */
  readonly random: number;
}

export type RetryDecision =
  | { readonly will_retry: true; readonly delayMs: number; readonly lost_attempts: number }
  | {
      readonly will_retry: false;
      readonly reason: 'NOT_RETRYABLE' | 'ATTEMPTS_EXHAUSTED' | 'LOST_TOO_OFTEN';
    };

/**
 * Whether a failed attempt is followed by another, and how long after it.
 *
 * An attempt lost with its executor is repeated at once and counts against a budget of its own.
 */
export function decideRetry(question: RetryQuestion): RetryDecision {
  const { policy, lost_attempts } = question;
  if (question.lost_now) {
    if (lost_attempts >= LOST_ATTEMPT_BUDGET) return { will_retry: false, reason: 'LOST_TOO_OFTEN' };
    return { will_retry: true, delayMs: 0, lost_attempts: lost_attempts + 1 };
  }
  if (!question.retryable) return { will_retry: false, reason: 'NOT_RETRYABLE' };
  const counted = question.attempt_number - lost_attempts;
  const allowed = policy.include_initial ? policy.max_attempts : policy.max_attempts + 1;
  if (counted >= allowed) return { will_retry: false, reason: 'ATTEMPTS_EXHAUSTED' };
  return { will_retry: true, delayMs: backoffMs(policy, counted, question.random), lost_attempts };
}

/**
 * min(initial x multiplier^(n-1), max), moved by up to ±jitter_factor of itself (Rules 8 and 9, jitter_mode FULL).
 *
 * @param failures - how many counted attempts have failed, from 1
 */
export function backoffMs(policy: BackoffPolicy, failures: number, random: number): number {
  const grown = policy.initial_delay_seconds * policy.backoff_multiplier ** (failures - 1);
  const bounded = Math.min(grown, policy.max_delay_seconds) * 1000;
  return Math.round(bounded * (1 + policy.jitter_factor * (2 * random - 1)));
}
