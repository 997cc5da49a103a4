import type { ExecutionStatus } from './status.js';

/** What moves an execution; a verb each. Who sends it stands in the transition table. */
export const EXECUTION_EVENTS = [
  'ENQUEUE',
  'SKIP',
  'ABANDON',
  'CANCEL',
  'CLAIM',
  'EXPIRE',
  'SUCCEED',
  'FAIL',
  'TIME_OUT',
  'LOSE',
  'CONFIRM_CANCEL',
  'COMPLETE',
  'REJECT',
  'WRITE_OFF',
] as const;
export type ExecutionEvent = (typeof EXECUTION_EVENTS)[number];

/**
 * What a transition demands of its sender beside the right state and revision:
 * nothing, the current lease's nonce, or that the holder's lease has run out.
 */
export type Guard = 'none' | 'fence' | 'lease_expired' | 'fence_or_lease_expired';

export interface Transition {
  readonly event: ExecutionEvent;
  readonly from: ExecutionStatus;
  readonly to: ExecutionStatus;
  readonly guard: Guard;
  readonly by: 'scheduler' | 'executor' | 'recovery' | 'control plane' | 'release';
  readonly when: string;
}

/**
 * The lifecycle of an execution: the only authority. The Lua that enforces it and the diagram in
 * docs/state-machine.md are generated from it (specification: Executor Subsystem, Job Lifecycle).
 */
export const TRANSITIONS: readonly Transition[] = [
  {
    event: 'ENQUEUE',
    from: 'PENDING',
    to: 'QUEUED',
    guard: 'none',
    by: 'release',
    when: 'its dependencies are met, its time has come and the gate lets it through',
  },
  {
    event: 'SKIP',
    from: 'PENDING',
    to: 'CANCELLED',
    guard: 'none',
    by: 'scheduler',
    when: 'a rule skips it',
  },
  {
    event: 'ABANDON',
    from: 'PENDING',
    to: 'CANCELLED',
    guard: 'none',
    by: 'release',
    when: 'its dependencies cannot be met any more, or timed out',
  },
  {
    event: 'CANCEL',
    from: 'PENDING',
    to: 'CANCELLED',
    guard: 'none',
    by: 'control plane',
    when: 'it is cancelled while it waits',
  },
  {
    event: 'CANCEL',
    from: 'QUEUED',
    to: 'CANCELLED',
    guard: 'none',
    by: 'control plane',
    when: 'it is cancelled before it starts, or its execution window has closed',
  },
  {
    event: 'CLAIM',
    from: 'QUEUED',
    to: 'RUNNING',
    guard: 'none',
    by: 'executor',
    when: 'an executor takes it: a lease and a fence are issued',
  },
  {
    event: 'EXPIRE',
    from: 'QUEUED',
    to: 'TIMEOUT',
    guard: 'none',
    by: 'recovery',
    when: 'it waited longer than queue_timeout_seconds',
  },
  {
    event: 'SUCCEED',
    from: 'RUNNING',
    to: 'COMPLETING',
    guard: 'fence',
    by: 'executor',
    when: 'the body ended well: its result is recorded',
  },
  {
    event: 'FAIL',
    from: 'RUNNING',
    to: 'FAILED',
    guard: 'fence',
    by: 'executor',
    when: 'the body ended with an error',
  },
  {
    event: 'TIME_OUT',
    from: 'RUNNING',
    to: 'FAILED',
    guard: 'fence',
    by: 'executor',
    when: 'the body ran longer than timeout_seconds',
  },
  {
    event: 'LOSE',
    from: 'RUNNING',
    to: 'FAILED',
    guard: 'lease_expired',
    by: 'recovery',
    when: "its executor's lease ran out",
  },
  {
    event: 'CONFIRM_CANCEL',
    from: 'RUNNING',
    to: 'CANCELLED',
    guard: 'fence_or_lease_expired',
    by: 'executor',
    when: 'it was cancelled and its body is gone, with its executor at the latest',
  },
  {
    event: 'COMPLETE',
    from: 'COMPLETING',
    to: 'COMPLETED',
    guard: 'fence_or_lease_expired',
    by: 'executor',
    when: 'its outputs are published and its dependents released',
  },
  {
    event: 'REJECT',
    from: 'COMPLETING',
    to: 'FAILED',
    guard: 'fence_or_lease_expired',
    by: 'executor',
    when: 'its outputs do not validate',
  },
  {
    event: 'WRITE_OFF',
    from: 'PENDING',
    to: 'FAILED',
    guard: 'none',
    by: 'recovery',
    when: 'its record could not be read, and what it was to do is not known any more',
  },
  {
    event: 'WRITE_OFF',
    from: 'QUEUED',
    to: 'FAILED',
    guard: 'none',
    by: 'recovery',
    when: 'its record could not be read, and what it was to do is not known any more',
  },
];

/** The transition an event makes from a state, or nothing where the lifecycle has none. */
export function findTransition(from: ExecutionStatus, event: ExecutionEvent): Transition | undefined {
  return TRANSITIONS.find((transition) => transition.from === from && transition.event === event);
}
