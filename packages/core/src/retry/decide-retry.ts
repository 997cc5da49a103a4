import { exponentialBackoffMs, type Backoff } from '../rules/08-exponential-backoff-retry.js';
import { retryJitterMs } from '../rules/09-retry-jitter.js';
import { maximumRetryAttempts } from '../rules/11-maximum-retry-attempts.js';
import type { RetryPolicy } from '../schema/retry-policy.js';

/** Attempts lost with their executor have a budget of their own, so that a deploy uses up nobody's retries. */
export const LOST_ATTEMPT_BUDGET = 3;
/** So many crashes without a word from the body end a chain for good. */
export const CRASHES_TO_QUARANTINE = 3;

/** What a retry decision needs of a resolved RetryPolicy (specification: RetryPolicy). */
export type BackoffPolicy = Backoff &
  Pick<RetryPolicy, 'max_attempts' | 'include_initial' | 'jitter_factor' | 'jitter_mode'>;

export interface RetryQuestion {
  readonly policy: BackoffPolicy;
  /** The attempt that failed, 1-based. */
  readonly attempt_number: number;
  /** Attempts of this chain lost with their executor before this one, or handed over by it. */
  readonly lost_attempts: number;
  /** Those that were handed over. */
  readonly handed_over: number;
  /** Attempts of this chain whose bodies crashed before this one. */
  readonly crashes: number;
  /**
   * CRASHED: the body ended without a word. LOST: the attempt is lost with its executor. HANDED_OVER: a draining executor leaves the wait
   * for a remote module to another.
   */
  readonly how: 'FAILED' | 'CRASHED' | 'LOST' | 'HANDED_OVER';
  readonly retryable: boolean;
  /** 0 <= random < 1. */
  readonly random: number;
}

export type RetryDecision =
  | {
      readonly will_retry: true;
      readonly delayMs: number;
      readonly lost_attempts: number;
      readonly handed_over: number;
      readonly crashes: number;
    }
  | {
      readonly will_retry: false;
      readonly reason: 'QUARANTINED' | 'NOT_RETRYABLE' | 'ATTEMPTS_EXHAUSTED' | 'LOST_TOO_OFTEN';
    };

/**
 * Whether a failed attempt is followed by another, and how long after it (Rules 8, 9 and 11).
 *
 * An attempt lost with its executor is repeated at once and counts against a budget of its own; one that is handed over counts
 * against none. A body that crashes is retried as the policy says, and quarantined at its third crash, whatever that says.
 */
export function decideRetry(question: RetryQuestion): RetryDecision {
  const { policy, lost_attempts, handed_over, how } = question;
  const crashes = question.crashes + (how === 'CRASHED' ? 1 : 0);
  if (how === 'LOST' && lost_attempts - handed_over >= LOST_ATTEMPT_BUDGET)
    return { will_retry: false, reason: 'LOST_TOO_OFTEN' };
  if (how === 'LOST' || how === 'HANDED_OVER') {
    const handed = how === 'HANDED_OVER' ? 1 : 0;
    return {
      will_retry: true,
      delayMs: 0,
      lost_attempts: lost_attempts + 1,
      handed_over: handed_over + handed,
      crashes,
    };
  }
  if (how === 'CRASHED' && crashes >= CRASHES_TO_QUARANTINE)
    return { will_retry: false, reason: 'QUARANTINED' };
  if (!question.retryable) return { will_retry: false, reason: 'NOT_RETRYABLE' };
  const counted = question.attempt_number - lost_attempts;
  if (maximumRetryAttempts(policy, counted) === 'EXHAUSTED')
    return { will_retry: false, reason: 'ATTEMPTS_EXHAUSTED' };
  const delayMs = retryJitterMs(policy, exponentialBackoffMs(policy, counted), question.random);
  return { will_retry: true, delayMs, lost_attempts, handed_over, crashes };
}
