import type { JobDefinition } from '../schema/job-definition.js';

/** One attempt of one execution, ready to run. */
export interface Attempt {
  readonly execution_id: string;
  readonly run_id: string;
  readonly attempt_number: number;
  /** The first attempt's id: what survives a retry is kept under it. */
  readonly chain_id: string;
  /** A number for whatever is outside of Phi; grows with every attempt. */
  readonly fence: number;
  readonly job_revision: number;
  readonly definition: JobDefinition;
  /** Defaults merged with the trigger's overrides. */
  readonly parameters: Readonly<Record<string, unknown>>;
  /** Outputs of the upstream executions, by job_id. */
  readonly upstream: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** What an earlier attempt of the chain saved last; opaque to everybody but the runner. */
  readonly checkpoint?: string;
}

/** What a body achieved; duration and status are Phi's to add. */
export interface AttemptAchievement {
  readonly records_processed: number;
  readonly records_failed: number;
  readonly metrics: Readonly<Record<string, number>>;
  readonly outputs: Readonly<Record<string, string>>;
}

/** How an attempt ended; told only once its body no longer runs. */
export type AttemptEnd =
  | { readonly kind: 'succeeded'; readonly achieved: AttemptAchievement }
  | {
      readonly kind: 'failed';
      readonly error_code: string;
      readonly error_message: string;
      readonly exit_code?: number;
      readonly stack_trace?: string;
      /** What else is known of it. */
      readonly context?: Readonly<Record<string, string>>;
      /** It ended without a word: killed, crashed, or gone without an answer. Absent where it said how it ended. */
      readonly crashed?: true;
    }
  | { readonly kind: 'stopped'; readonly forced: boolean };

export interface AttemptCheckpoint {
  /** The module that runs, or has just ended. */
  readonly stage: string;
  /** Opaque to everybody but the runner. */
  readonly state: string;
}

export interface AttemptHooks {
  /** Aborted to stop the attempt. */
  readonly signal: AbortSignal;
  /** The body lives (Rule 13). */
  readonly onBeat: () => void;
  /** @param records - that the stage has handled so far */
  readonly onProgress: (stage: string, records: number) => void;
  readonly onLog: (stream: string, text: string) => void;
  /**
   * Hands a checkpoint over; a later one takes the place of what is not saved yet.
   *
   * @returns resolves when it, or a later one, is saved
   * @throws PhiError where it cannot be
   */
  readonly onCheckpoint: (checkpoint: AttemptCheckpoint) => Promise<void>;
  /** Only a remote module is waited for from now on: place, CPU and memory of the executor are given back. */
  readonly onRemoteWait: () => Promise<void>;
  /** Something is to run here again. Resolves when there is room for it, or the attempt is stopped. */
  readonly onLocalWork: () => Promise<void>;
  /** A dataset that the job produces is there, before the attempt ends. */
  readonly onPublish: (dataset: string) => void;
}

/** What must not go on while an executor cannot tell whether it still holds its lease. */
export interface Freezable {
  /** Resolves when nothing goes on any more. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
}

/** The bodies that an executor runs. */
export interface Bodies extends Freezable {
  /** Kills them at once: somebody else may run them now. */
  kill(): void;
}

/** Runs bodies, each in an isolated context (specification: Execution Isolation). */
export interface AttemptRunner {
  run(attempt: Attempt, hooks: AttemptHooks): Promise<AttemptEnd>;
  /** Whether the state of a checkpoint is one that it can go on from. */
  canResume(state: string): boolean;
}
