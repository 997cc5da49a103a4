import type { Cancellation, CancelScope } from '../schema/cancellation.js';

/** How far a cancellation goes. */
export type CascadeScope = CancelScope | 'NONE';

/**
 * How far the cancellation of an execution goes (specification: Rule 16, Cascade Cancellation): as far as whoever asks says, else
 * as the job has it.
 *
 * @param asked - of the request; undefined where it leaves it to the job
 */
export function cascadeCancellation(job: Cancellation, asked?: CascadeScope): CascadeScope {
  return asked ?? (job.cascade_cancel ? job.cancel_scope : 'NONE');
}

/**
 * Whether a cancellation reaches a dependent, and how far it goes on from there; undefined where it does not. COMPLETION lets it
 * run, so that clean-up does.
 *
 * Decided by `cascade_to` of the store, in the script that ends the upstream; this states what it decides.
 */
export function cascadeTo(scope: CascadeScope, dependencyType: string): CascadeScope | undefined {
  if (scope === 'NONE' || dependencyType === 'COMPLETION') return undefined;
  return scope === 'ALL_DOWNSTREAM' ? scope : 'NONE';
}
