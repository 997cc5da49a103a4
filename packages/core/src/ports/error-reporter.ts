import type { Page } from './execution-store.js';

/** The error queues (specification: Error Queue Management). */
export const ERROR_QUEUES = [
  'phi_scheduling_errors',
  'phi_dependency_errors',
  'phi_execution_errors',
  'phi_dead_letter',
] as const;
export type ErrorQueueName = (typeof ERROR_QUEUES)[number];

/** An entry of an error queue. */
export interface ErrorReport {
  /** Follows from the contents: a repeated report is the same entry. */
  readonly id: string;
  readonly error_code: string;
  /** One of the specification's error structures. */
  readonly error: Readonly<Record<string, unknown>>;
}

/** Enters errors in the queues that people look into; bounded projections of what Phi's own records say. */
export interface ErrorReporter {
  report(queue: ErrorQueueName, report: ErrorReport): Promise<void>;
  /** Takes entries out again, by their ids; one that is not there is none the less gone. */
  withdraw(queue: ErrorQueueName, ids: readonly string[]): Promise<void>;
}

/** An entry as its queue shows it. */
export interface ErrorEntry extends ErrorReport {
  /** When it was entered: epoch milliseconds, by the clock of whoever did. */
  readonly time: number;
}

export interface ErrorEntryFilter {
  readonly job_id?: string | undefined;
  readonly error_code?: string | undefined;
  /** Entered at this time or later, epoch milliseconds. */
  readonly from_ms?: number | undefined;
  /** Entered before this time, epoch milliseconds. */
  readonly to_ms?: number | undefined;
  /** At most so many, the newest first. */
  readonly limit: number;
  /** From the page before. */
  readonly cursor?: string | undefined;
}

/** How full a queue is, and what bounds it. */
export interface ErrorQueueState {
  readonly entries: number;
  /** How many were dropped because there were too many. */
  readonly dropped: number;
  /** ERROR_QUEUE_CAPACITY. */
  readonly capacity: number;
  /** ERROR_RETENTION_HOURS or, of dead letters, DEAD_LETTER_RETENTION_DAYS. */
  readonly retention_hours: number;
}

/** The queues, to look into (specification: Queue Operations, Inspection). */
export interface ErrorQueues {
  list(queue: ErrorQueueName, filter: ErrorEntryFilter): Promise<Page<ErrorEntry>>;
  get(queue: ErrorQueueName, id: string): Promise<ErrorEntry | undefined>;
  state(queue: ErrorQueueName): Promise<ErrorQueueState>;
  /** Removes what is older than its queue keeps. @returns how many entries */
  trim(): Promise<number>;
}
