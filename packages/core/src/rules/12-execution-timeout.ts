export type TimeoutVerdict =
  | { readonly verdict: 'CONTINUE'; readonly left_ms: number }
  /** The attempt is stopped and fails as timed out. */
  | { readonly verdict: 'TERMINATE' };

/**
 * Whether a body may run on (specification: Rule 12, Execution Timeout, `timeout_action` TERMINATE).
 *
 * @param ranMs - how long it has run, in milliseconds
 */
export function executionTimeout(
  { timeout_seconds }: { readonly timeout_seconds: number },
  ranMs: number,
): TimeoutVerdict {
  const left_ms = timeout_seconds * 1000 - ranMs;
  return left_ms > 0 ? { verdict: 'CONTINUE', left_ms } : { verdict: 'TERMINATE' };
}
