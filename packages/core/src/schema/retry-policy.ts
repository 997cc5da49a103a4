import * as z from 'zod';
import { authored } from './authored.js';
import { errorCodePattern, seconds } from './field-types.js';

/**
 * What the jitter applies to (specification: Rule 9): FULL to the entire delay, EQUAL to half of it, so that the other half is waited in any
 * case; NONE varies nothing.
 */
export const JITTER_MODES = ['FULL', 'EQUAL', 'NONE'] as const;

const backoffFields = {
  max_attempts: z
    .int()
    .min(1)
    .max(100)
    .describe('Maximum retry attempts (Rule 11). Default: RETRY_DEFAULT_MAX_ATTEMPTS.'),
  include_initial: z
    .boolean()
    .describe('Whether max_attempts counts the first attempt (Rule 11). Default: true.'),
  initial_delay_seconds: seconds(0, 86_400).describe(
    'Delay before first retry, in seconds (Rule 8). Default: RETRY_DEFAULT_INITIAL_DELAY_SECONDS.',
  ),
  max_delay_seconds: seconds(0, 604_800).describe(
    'Maximum delay between retries, in seconds (Rule 8). Default: RETRY_DEFAULT_MAX_DELAY_SECONDS.',
  ),
  backoff_multiplier: z
    .number()
    .min(1)
    .max(10)
    .describe('Exponential backoff factor (Rule 8). Default: RETRY_DEFAULT_BACKOFF_MULTIPLIER.'),
  jitter_factor: z
    .number()
    .min(0)
    .max(1)
    .describe('Random jitter, 0.0-1.0: the delay varies by so much up and down (Rule 9). Default: 0.25.'),
  jitter_mode: z.enum(JITTER_MODES).describe('What the jitter applies to (Rule 9). Default: FULL.'),
};

type Delays = { initial_delay_seconds?: number | undefined; max_delay_seconds?: number | undefined };

const byError = z
  .record(errorCodePattern, authored(backoffFields, []).superRefine(checkDelays))
  .describe(
    'Different policies for different failure types: error code (or its name alone) to what differs.',
  );

const codes = z.array(errorCodePattern).max(200);

const retryPolicyFields = {
  ...backoffFields,
  retryable_errors: codes.describe('Error codes to retry; if not empty, only these are (Rule 10).'),
  non_retryable_errors: codes.describe('Error codes to fail immediately (Rule 10).'),
  by_error: byError,
};

/** Configures failure retry behavior (specification: RetryPolicy; Rules 8 to 11). */
export const retryPolicySchema = z.strictObject(retryPolicyFields).superRefine(checkDelays);
export type RetryPolicy = z.infer<typeof retryPolicySchema>;

export const authoredRetryPolicySchema = authored(retryPolicyFields, []).superRefine(checkDelays);
export type AuthoredRetryPolicy = z.infer<typeof authoredRetryPolicySchema>;

/**
 * Where only one of the two delays is written, the other gives way, so that the longest is never below the first.
 *
 * @param written - what the author wrote last
 */
export function fitDelays(resolved: RetryPolicy, written: Delays | undefined): RetryPolicy {
  if (resolved.max_delay_seconds >= resolved.initial_delay_seconds) return resolved;
  return written?.max_delay_seconds === undefined
    ? { ...resolved, max_delay_seconds: resolved.initial_delay_seconds }
    : { ...resolved, initial_delay_seconds: resolved.max_delay_seconds };
}

function checkDelays(
  { initial_delay_seconds: initial, max_delay_seconds: max }: Delays,
  context: z.RefinementCtx,
): void {
  if (initial === undefined || max === undefined || max >= initial) return;
  context.addIssue({
    code: 'custom',
    path: ['max_delay_seconds'],
    message: 'is below initial_delay_seconds',
    params: { accepted: `at least ${String(initial)}` },
  });
}
