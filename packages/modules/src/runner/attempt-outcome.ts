import type { JsonValue } from '@phi/core';
import type { LogFields, LogLevel } from '../contract/module-context.js';
import type { ErrorReport } from '../contract/error-report.js';
import type { AttemptResult } from './attempt-result.js';
import type { StageReport } from './attempt-spec.js';

/** GRACEFUL: the body, or its process, ended when asked. FORCED: it was killed (TimeoutError, `termination_method`). */
export type TerminationMethod = 'GRACEFUL' | 'FORCED';

interface Stopped {
  readonly termination_method: TerminationMethod;
  readonly reason: string;
}

/** How an attempt ended. It is given only once the body no longer runs. */
export type AttemptOutcome =
  | { readonly kind: 'succeeded'; readonly result: AttemptResult }
  | {
      readonly kind: 'failed';
      readonly error: ErrorReport;
      readonly stage?: string;
      /** Where a program ended with one. */
      readonly exit_code?: number;
    }
  | ({ readonly kind: 'timed_out' } & Stopped)
  | ({ readonly kind: 'aborted' } & Stopped)
  /** The process ended without a word: a crash, a kill from outside, memory. */
  | { readonly kind: 'crashed'; readonly exit_code: number | null; readonly signal: string | null };

/** One line of an attempt's log, written by its logger or printed by its process. */
export interface AttemptLogEntry {
  readonly origin: 'logger' | 'stdout' | 'stderr';
  readonly level: LogLevel;
  readonly message: string;
  /** Unknown for what was printed. */
  readonly stage?: string;
  readonly fields: LogFields;
}

/** What the caller is told while an attempt runs. */
export interface AttemptHooks {
  onLog?(entry: AttemptLogEntry): void;
  /** The body lives: its child's heartbeat or, where its progress is watched, anything it did. */
  onBeat?(): void;
  onProgress?(stage: string, records: number): void;
  /** A stage is done: the checkpoint to save, for `resume.completed_stages`. */
  onStageDone?(report: StageReport): void;
  /**
   * The body's own checkpoint, for `resume.checkpoint`. What it returns may be ignored.
   *
   * @returns resolves when it is saved
   */
  onCheckpoint?(stage: string, state: JsonValue): Promise<void>;
  /** Only a remote module is waited for from now on. */
  onRemoteWait?(): Promise<void>;
  /** Something is to run here again; resolves when it may, or the attempt is stopped. */
  onLocalWork?(): Promise<void>;
  /** A dataset is there before the end. */
  onPublish?(dataset: string): void;
  /**
   * Abort to stop the attempt. A reason with the name `TimeoutError` makes the outcome `timed_out`, any other
   * `aborted`.
   */
  readonly signal: AbortSignal;
}

/** The outcome of an attempt that was stopped on purpose. */
export const stoppedOutcome = (
  signal: AbortSignal,
  termination_method: TerminationMethod,
): AttemptOutcome => {
  const cause: unknown = signal.reason;
  const isTimeout = cause instanceof Error && cause.name === 'TimeoutError';
  const reason = cause instanceof Error ? cause.message : String(cause);
  return { kind: isTimeout ? 'timed_out' : 'aborted', termination_method, reason };
};
