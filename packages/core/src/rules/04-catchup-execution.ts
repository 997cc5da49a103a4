import type { GateVerdict } from './verdict.js';

interface Catchup {
  readonly catchup_enabled: boolean;
  readonly max_catchup_runs: number;
}

/**
 * How many of the latest missed fire times are run after all (specification: Rule 4, Catchup Execution). Pauses are not
 * missed, and what falls outside the execution windows is skipped: neither is counted.
 */
export function catchupExecution({ catchup_enabled, max_catchup_runs }: Catchup): number {
  return catchup_enabled ? max_catchup_runs : 0;
}

/** Where a caught-up run stands in the line of its schedule. */
export interface CatchupTurn {
  /** The one whose turn it is, where that is another. */
  readonly turn?: string;
  /** The first of those that wait their turn, where that is another. */
  readonly ahead?: string;
}

/**
 * Caught-up runs go one after another, oldest first, and are never skipped (specification: Rule 4, Catchup Execution).
 *
 * Decided by `gate.enter` of the store (docs/adr/0009-the-gate.md); this states what it decides.
 */
export function catchupTurn({ turn, ahead }: CatchupTurn): GateVerdict {
  return turn === undefined && ahead === undefined ? 'RUN' : 'HOLD';
}
