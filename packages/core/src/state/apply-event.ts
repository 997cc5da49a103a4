import type { ExecutionStatus } from './status.js';
import { findTransition, type ExecutionEvent, type Guard } from './transitions.js';

/** Why an event was refused; the same words the Lua answers. */
export const REFUSALS = [
  'UNKNOWN_EXECUTION',
  'UPGRADE_REQUIRED',
  'CORRUPT_RECORD',
  'STALE_REVISION',
  'ILLEGAL_TRANSITION',
  'STALE_FENCE',
  'LEASE_HELD',
  'NOT_ADMITTED',
  'NO_LEASE',
  'NOT_DUE',
  'NOT_READY',
  'CANCELLING',
  'NO_ROOM',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** The part of an execution's record that decides whether an event may happen. */
export interface Lifecycle {
  readonly status: ExecutionStatus;
  /** Counts transitions; every one adds one. */
  readonly revision: number;
  /** The current lease's nonce; unset until the first CLAIM. */
  readonly nonce: string | undefined;
}

export interface EventAttempt {
  readonly event: ExecutionEvent;
  /** Leave out to accept whatever revision is current. */
  readonly expected_revision?: number;
  /** The sender's fence; for CLAIM the one to issue. */
  readonly nonce?: string;
  /** Whether the holder's lease has run out, by Redis' time. */
  readonly lease_expired: boolean;
}

export type EventOutcome =
  { readonly ok: true; readonly next: Lifecycle } | { readonly ok: false; readonly refusal: Refusal };

/**
 * The lifecycle as a pure function: the model that the Lua is held against.
 *
 * The order of the checks is part of the contract: revision, then transition, then guard.
 */
export function applyEvent(current: Lifecycle, attempt: EventAttempt): EventOutcome {
  if (attempt.expected_revision !== undefined && attempt.expected_revision !== current.revision) {
    return { ok: false, refusal: 'STALE_REVISION' };
  }
  const transition = findTransition(current.status, attempt.event);
  if (transition === undefined) return { ok: false, refusal: 'ILLEGAL_TRANSITION' };
  const refusal = checkGuard(transition.guard, current, attempt);
  if (refusal !== undefined) return { ok: false, refusal };
  return {
    ok: true,
    next: {
      status: transition.to,
      revision: current.revision + 1,
      nonce: attempt.event === 'CLAIM' ? attempt.nonce : current.nonce,
    },
  };
}

function checkGuard(guard: Guard, current: Lifecycle, attempt: EventAttempt): Refusal | undefined {
  const fenceHeld = attempt.nonce !== undefined && attempt.nonce === current.nonce;
  if (guard === 'none') return undefined;
  if (guard === 'fence') return fenceHeld ? undefined : 'STALE_FENCE';
  if (guard === 'lease_expired') return attempt.lease_expired ? undefined : 'LEASE_HELD';
  if (fenceHeld || (attempt.nonce === undefined && attempt.lease_expired)) return undefined;
  return attempt.nonce === undefined ? 'LEASE_HELD' : 'STALE_FENCE';
}
