import type { JobDefinition } from '../schema/job-definition.js';

/** What a job says of how long its body may run (Rule 12). */
export type ExecutionLimit = Pick<
  JobDefinition,
  'timeout_seconds' | 'timeout_action' | 'timeout_extension_seconds' | 'max_timeout_extensions'
>;

/** What has been said to a body that ran into its limit. */
export interface OverrunSoFar {
  readonly warned: boolean;
  /** How often its time was extended. */
  readonly extensions: number;
}

export const NO_OVERRUN: OverrunSoFar = { warned: false, extensions: 0 };

export type TimeoutVerdict =
  /** Nothing is to be done for so many milliseconds; Infinity where it may run for ever. */
  | { readonly verdict: 'CONTINUE'; readonly left_ms: number }
  /** It goes on and that it is late is told, once. */
  | { readonly verdict: 'WARN' }
  /** It gets `timeout_extension_seconds` more. */
  | { readonly verdict: 'EXTEND' }
  /** The attempt is stopped and fails as timed out. */
  | { readonly verdict: 'TERMINATE' };

/**
 * Whether a body may run on (specification: Rule 12, Execution Timeout).
 *
 * @param ranMs - how long it has run, in milliseconds
 */
export function executionTimeout(
  limit: ExecutionLimit,
  ranMs: number,
  { warned, extensions }: OverrunSoFar,
): TimeoutVerdict {
  const left_ms = allowedMs(limit, extensions) - ranMs;
  if (left_ms > 0) return { verdict: 'CONTINUE', left_ms };
  if (limit.timeout_action === 'WARN')
    return warned ? { verdict: 'CONTINUE', left_ms: Infinity } : { verdict: 'WARN' };
  return { verdict: extensions < extensionsAtMost(limit) ? 'EXTEND' : 'TERMINATE' };
}

/** How long a body may run in all, every extension included, in milliseconds; Infinity where nothing terminates it. */
export function longestRunMs(limit: ExecutionLimit): number {
  return limit.timeout_action === 'WARN' ? Infinity : allowedMs(limit, extensionsAtMost(limit));
}

function extensionsAtMost({ timeout_action, max_timeout_extensions }: ExecutionLimit): number {
  return timeout_action === 'EXTEND' ? max_timeout_extensions : 0;
}

function allowedMs(
  { timeout_seconds, timeout_extension_seconds }: ExecutionLimit,
  extensions: number,
): number {
  return (timeout_seconds + extensions * (timeout_extension_seconds ?? 0)) * 1000;
}
