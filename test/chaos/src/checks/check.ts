import type { Dump } from '../witness/dump.js';

/** The invariants of docs/reliability.md. */
export const INVARIANTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;
export type Invariant = (typeof INVARIANTS)[number];

/** Something that must not have happened. */
export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  /** The executions that it concerns, as far as it concerns any. */
  readonly executions: readonly string[];
  readonly evidence: unknown;
}

/** Looks for violations of one invariant. */
export type Check = (dump: Dump) => readonly Violation[];
