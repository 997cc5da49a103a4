import type { Page } from './execution-store.js';

export interface DeadLetterFilter {
  /** Only those of one kind of failure. */
  readonly fingerprint?: string;
  /** At most so many, the newest first. */
  readonly limit: number;
  /** From the page before. */
  readonly cursor?: string;
}

/** Executions that have failed for good (specification: Dead Letter Handling; Rule 15), each the last attempt of its chain. */
export interface DeadLetterStore {
  list(filter: DeadLetterFilter): Promise<Page<string>>;
  /** How many there are of each kind, by fingerprint. */
  groups(): Promise<ReadonlyMap<string, number>>;
  has(executionId: string): Promise<boolean>;
  /** How many were dropped because there were too many. */
  dropped(): Promise<number>;
  /** @returns those that were dead letters */
  purge(executionIds: readonly string[]): Promise<readonly string[]>;
  /** Purges some of what is not kept any longer. @returns which, and whether there is more */
  purgeExpired(): Promise<{ readonly purged: readonly string[]; readonly more: boolean }>;
}
