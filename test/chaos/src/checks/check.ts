import type { Invariant } from '@phi/core';

import type { Dump } from '../witness/dump.js';

/** Something that must not have happened. */
export interface Violation {
  readonly invariant: Invariant;
  readonly what: string;
  /** The executions that it concerns, as far as it concerns any. */
  readonly executions: readonly string[];
  readonly evidence: unknown;
}

/** What a check says of one invariant. */
export function violationOf(invariant: Invariant) {
  return (what: string, executions: readonly string[], evidence: unknown): Violation => ({
    invariant,
    what,
    executions,
    evidence,
  });
}

/** Looks for violations of one invariant. */
export type Check = (dump: Dump) => readonly Violation[];
