import type { Finding } from '../integrity/finding.js';

/** What one call can check; see lua/lib/integrity.lua of the store. */
export const STORE_PARTS = [
  'executions',
  'releases',
  'entries',
  'lanes',
  'lines',
  'runs',
  'sums',
  'batches',
  'dead_letters',
] as const;
export type StorePart = (typeof STORE_PARTS)[number];

/** An attempt that followed another. */
export interface CheckedRetry {
  readonly execution_id: string;
  readonly job_id: string;
  readonly job_revision: number;
  readonly attempt_number: number;
  readonly lost_attempts: number;
  readonly handed_over: number;
}

export interface PartReport {
  readonly findings: readonly Finding[];
  /** Of executions: those that followed another. */
  readonly retries: readonly CheckedRetry[];
  /** Of executions: those whose dependents are to be looked at, as `releases`. */
  readonly with_dependents: readonly string[];
  /** Of executions: how many were lost with their executor. */
  readonly lost: number;
  /** Of executions: how often a chain was handed over while it waited for a remote module. */
  readonly handed_over: number;
  /** Of releases: subjects that are left to look at. */
  readonly left: readonly string[];
  /** Of sums: how many were not checked, because too many executions hold them. */
  readonly too_large: number;
}

/** A slice of what is stored under the namespace's keys. */
export interface Listed {
  readonly found: readonly string[];
  /** Asks for what follows; absent at the end. */
  readonly next_cursor?: string;
}

/** How often something was repaired, by the code of what was found. */
export interface RepairCount {
  readonly count: number;
  /** When last, epoch milliseconds, Redis' clock. */
  readonly last: number;
}

/** The store as a whole, to be checked part by part (docs/adr/0032-fsck.md). */
export interface IntegrityStore {
  /**
   * Keys of the namespace, without its prefix: each that is there all the while is listed at least once.
   *
   * @param match - a glob that they have to match
   */
  keys(match: string, cursor?: string): Promise<Listed>;
  /** Members of a set or sorted set, fields of a hash: each that is there all the while is listed at least once. */
  members(key: string, cursor?: string): Promise<Listed>;
  /** What the keys of indexes begin with, or are. */
  indexes(): Promise<readonly string[]>;
  /** @param repair - repairs what can be */
  check(part: StorePart, subjects: readonly (string | number)[], repair: boolean): Promise<PartReport>;
  /** Counts what was repaired elsewhere than in the store. */
  countRepair(code: Finding['code']): Promise<void>;
  repairs(): Promise<ReadonlyMap<string, RepairCount>>;
}
