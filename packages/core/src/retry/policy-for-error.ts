import { over } from '../definition/over.js';
import { matchesErrorCode } from '../errors/index.js';
import { fitDelays, type RetryPolicy } from '../schema/retry-policy.js';

/**
 * The policy for one kind of failure (specification: Retry Orchestration, "different policies for different failure types"): the job's,
 * with what `by_error` says of the code. A whole code goes before a name that matches it, a longer name before a shorter one.
 */
export function policyForError(policy: RetryPolicy, code: string): RetryPolicy {
  const [pattern] = Object.keys(policy.by_error)
    .filter((candidate) => matchesErrorCode(candidate, code))
    .toSorted((one, other) => other.length - one.length);
  const differing = pattern === undefined ? undefined : policy.by_error[pattern];
  return differing === undefined ? policy : fitDelays(over(policy, differing), differing);
}
