/** Why a run is kept. */
export type RunKept =
  /** Something of it has not ended. */
  | 'OPEN'
  /** One of its executions is a dead letter. */
  | 'DEAD_LETTER'
  /** Executions that are still to come may take an outcome of it. */
  | 'OFFERED'
  /** One of its records cannot be read. */
  | 'CORRUPT_RECORD'
  | 'UPGRADE_REQUIRED';

export type RunRemoval =
  | { readonly ok: true; readonly removed: number; readonly more: boolean }
  | { readonly ok: false; readonly refusal: RunKept };

/** A place among the runs, by the creation of their roots. */
export interface RunPosition {
  /** Epoch milliseconds. */
  readonly created_time: number;
  readonly run_id: string;
}

/** What is kept of what has ended, and its removal (specification: History Retention). */
export interface HistoryStore {
  /** How many executions have ended and are kept. */
  countEnded(): Promise<number>;
  /**
   * Runs, the oldest first.
   *
   * @param after - the last one seen
   * @param before - only those created before, epoch milliseconds
   */
  oldestRuns(limit: number, before: number, after: RunPosition | undefined): Promise<readonly RunPosition[]>;
  /** Which of some ended executions others that are still to come may take as an upstream. */
  offered(executionIds: readonly string[]): Promise<ReadonlySet<string>>;
  /** The executions that have decided edges of those that have not ended. */
  usedByOpen(): Promise<ReadonlySet<string>>;
  /** Removes a run that has ended with all that belongs to it, a part of it at a time. */
  removeRun(runId: string): Promise<RunRemoval>;
  /** Forgets a schedule that ceased to be in force before an instant, with its ledger. @returns whether it did */
  forgetSchedule(scheduleId: string, before: number): Promise<boolean>;
}
