import type { Page } from './execution-store.js';

/**
 * PROBING: one of them runs again. RELEASING: it completed, and the others follow in batches. DONE: there are none left. STOPPED: they fail
 * again. CANCELLED: by hand.
 */
export const REDRIVE_STATES = ['PROBING', 'RELEASING', 'DONE', 'STOPPED', 'CANCELLED'] as const;
export type RedriveState = (typeof REDRIVE_STATES)[number];

/** Which dead letters a redrive is for. */
export interface RedriveSelector {
  readonly fingerprint?: string | undefined;
  readonly job_id?: string | undefined;
  readonly error_code?: string | undefined;
}

/** A dead letter that is run again. */
export interface RedrivenLetter {
  readonly execution_id: string;
  /** The execution that its job runs again by; absent until that is known. */
  readonly started?: string;
}

/** Dead letters that are run again, one first and then the rest. Times in epoch milliseconds. */
export interface Redrive {
  readonly redrive_id: string;
  /** Counts the changes. */
  readonly revision: number;
  readonly state: RedriveState;
  readonly selector: RedriveSelector;
  /** How many run again at the same time, once the first has completed. */
  readonly batch_size: number;
  /** After so many failures it stops. */
  readonly stop_after_failures: number;
  readonly actor: string;
  readonly detail?: string | undefined;
  /** Dead letters that came later are not its own. */
  readonly created_time: number;
  readonly changed_time: number;
  /** How many there were; absent where the selector has no fingerprint alone. */
  readonly total?: number;
  /** What became of those that it took. */
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
  /** Retried or purged by somebody else, or not to be retried any more. */
  readonly skipped: number;
  /** Those under way. */
  readonly current: readonly RedrivenLetter[];
  /** Where it goes on in the list. */
  readonly cursor?: string | undefined;
  /** The list is read to its end: it has none left to take. */
  readonly exhausted?: boolean;
  /** The executions that failed again, the last few. */
  readonly failures: readonly string[];
}

/** Redrives (specification: Queue Operations, Retry; docs/adr/0034-operators.md). */
export interface RedriveStore {
  /** @returns as busy the redrive that keeps it from being created, which stays as it is: one of the same id, or the one that is open for the selector */
  create(redrive: Redrive): Promise<'CREATED' | { readonly busy: string }>;
  /** Only where nobody has changed it since its revision was read. */
  save(redrive: Redrive): Promise<'SAVED' | 'STALE'>;
  get(redriveId: string): Promise<Redrive | undefined>;
  /** Those that are neither done, stopped nor cancelled. */
  open(): Promise<readonly Redrive[]>;
  list(page: { readonly limit: number; readonly cursor?: string }): Promise<Page<Redrive>>;
}
