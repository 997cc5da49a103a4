import type { JsonValue } from '@phi/core';
import type { ExecutionContext } from './execution-context.js';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type LogFields = Readonly<Record<string, string | number | boolean | null>>;

/** The logger of one attempt: every line carries its execution and stage. */
export type ModuleLogger = Readonly<Record<LogLevel, (message: string, fields?: LogFields) => void>>;

/** Names and references that somebody published. */
export type Outputs = Readonly<Record<string, string>>;

/** What a stage can take its data from. */
export interface StageInputs {
  /** Outputs of the earlier stages of this execution, in order, by module name. */
  readonly stages: Readonly<Record<string, Outputs>>;
  /** Outputs of the upstream executions, by `job_id`. */
  readonly jobs: Readonly<Record<string, Outputs>>;
}

/** State of the body's own, kept over attempts (specification, Checkpoint Recovery). */
export interface StageCheckpoint {
  /** What was saved last, by this attempt of the stage or an earlier one; undefined where nothing was. */
  load(): JsonValue | undefined;
  /**
   * Saves a text or any JSON value; a later one takes its place.
   *
   * @returns resolves when Phi has it: what it was made from may be deleted then. It may be ignored; what is not saved is warned of in
   *   the log of the execution.
   * @throws PhiError at once, STATE_005_CHECKPOINT_TOO_LARGE where it has more than CHECKPOINT_MAX_BYTES of JSON; the promise rejects
   *   with STATE_006_CHECKPOINT_NOT_SAVED or STATE_007_CHECKPOINT_HAS_SECRET
   */
  save(state: JsonValue): Promise<void>;
  /** Whether the job's checkpoint interval has passed since the last save (rule 14). */
  readonly due: boolean;
}

/** What an attempt may use of the machine; a module must stay within it. */
export interface StageResources {
  readonly memory_mb: number;
  readonly cpu_cores: number;
  /** For what spills over memory. Undefined: as much as there is. */
  readonly disk_mb?: number | undefined;
}

/** What a stage may reach over the network. */
export interface StageNetwork {
  /** Where HTTP connections may go beyond the public Internet: the entries of PHI_HTTP_ALLOW. */
  readonly http_allow: readonly string[];
  /** Where lookup caches are kept. Undefined: there are none. */
  readonly cache?: { readonly redis_url: string; readonly namespace: string } | undefined;
}

/** What a stage may reach over the network. */
export interface StageNetwork {
  /** Where HTTP connections may go beyond the public Internet: the entries of PHI_HTTP_ALLOW. */
  readonly http_allow: readonly string[];
}

/** Directories an attempt may touch, all absolute. */
export interface StageDirectories {
  /** Sources are read from below here. */
  readonly source_dir: string;
  /** Batches are exchanged below here; shared by all executors. */
  readonly data_dir: string;
  /** Deliveries are written below here. */
  readonly output_dir: string;
  /** Of this attempt alone; its contents need not outlive it. */
  readonly workdir: string;
}

/** Everything a module sees: one stage of one attempt, isolated (specification, Execution Isolation). */
export interface ModuleContext<P> extends ExecutionContext, StageDirectories, StageNetwork {
  /** The first attempt's id: what is to happen once however often it is attempted is kept under it. */
  readonly chain_id: string;
  /** Grows with every attempt: what has seen a higher one refuses a lower one. */
  readonly fence: number;
  /** The module's name in `pipeline_modules`. */
  readonly stage: string;
  readonly parameters: P;
  readonly inputs: StageInputs;
  /** The events that triggered the execution, as they came; empty for another trigger. */
  readonly events: readonly unknown[];
  readonly resources: StageResources;
  /** Aborted on timeout, cancellation and shutdown: stop, clean up and throw. */
  readonly signal: AbortSignal;
  readonly logger: ModuleLogger;
  /** Tells how many records this stage has handled so far. */
  progress(records: number): void;
  /** Tells that the body is alive although it has nothing to report; counts where the job has `heartbeat.watch_progress`. */
  heartbeat(): void;
  /**
   * Tells that a dataset which the job `produces` is there already: who waits for it need not wait for the end (DATA_READY). What is
   * not told of is published when the job completes; a chain of attempts publishes each once.
   */
  publish(dataset: string): void;
  readonly checkpoint: StageCheckpoint;
}
