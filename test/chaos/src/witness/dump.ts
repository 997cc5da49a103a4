import type { ExecutionRecord, Finding } from '@phi/core';

import type { Edge } from '../workload/jobs.js';
import type { Told } from '../workload/told.js';
import type { Effect } from './effects.js';

/** One fire time as the ledger has it. */
export interface DumpedTick {
  /** Epoch milliseconds. */
  readonly nominal_ms: number;
  readonly outcome: string;
  readonly execution_id: string | null;
}

/** A saved checkpoint as the store keeps it. */
export interface DumpedCheckpoint {
  readonly chain_id: string;
  readonly execution_id: string;
  readonly sequence: number;
  readonly fence: number;
  /** Epoch milliseconds, Redis' clock. */
  readonly time: number;
}

/** What was to happen, so far as it follows from the definitions. */
export interface Intent {
  readonly edges: readonly Edge[];
  /** At most so many attempts of a chain, those that were lost not counted; by job. */
  readonly maxAttempts: ReadonlyMap<string, number>;
  /** At most so many executions at once, by limit. */
  readonly limits: ReadonlyMap<string, number>;
  /** Every so many seconds, by schedule. */
  readonly schedules: ReadonlyMap<string, number>;
  /** Which events each job with a trigger takes, by their number. */
  readonly takes: ReadonlyMap<string, (n: number) => boolean>;
}

/** Everything that is known of a run of the chaos once its work has drained: what both witnesses saw, and what clients were told. */
export interface Dump {
  readonly intent: Intent;
  readonly executions: readonly ExecutionRecord[];
  readonly effects: readonly Effect[];
  readonly told: readonly Told[];
  /** By schedule, the earliest first. */
  readonly ticks: ReadonlyMap<string, readonly DumpedTick[]>;
  readonly checkpoints: readonly DumpedCheckpoint[];
  /** What fsck has found. */
  readonly findings: readonly Finding[];
  /** Executions that hold their slots and are to be claimed. */
  readonly admitted: readonly string[];
  /** Executions that BullMQ holds. */
  readonly delivered: readonly string[];
  readonly deadLetters: ReadonlySet<string>;
  /** Why those are where they are that did not end in time. */
  readonly explanations: ReadonlyMap<string, unknown>;
}
