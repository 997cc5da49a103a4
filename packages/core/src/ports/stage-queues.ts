/** A stage as a job on the queue of a module whose worker is not Phi's. */
export interface QueuedStage {
  readonly queue: string;
  /** BullMQ's key prefix; undefined: that of the namespace. */
  readonly prefix: string | undefined;
  /** What it is known by: there is never more than one job of it. */
  readonly job_id: string;
}

export type QueuedStageState =
  | { readonly state: 'WAITING' }
  /** A worker has it; `progress` is what it said last. */
  | { readonly state: 'ACTIVE'; readonly progress: unknown }
  | { readonly state: 'COMPLETED'; readonly value: unknown }
  | { readonly state: 'FAILED'; readonly reason: string; readonly progress: unknown }
  | { readonly state: 'ABSENT' };

/** What the queue tells while a job is watched. None of it is certain to be told. */
export interface QueuedStageWatch {
  onProgress(progress: unknown): void;
  onEnded(): void;
}

/** The queues of modules that are workers (design: Modules). Every call fails while Redis is away. */
export interface StageQueues {
  /**
   * Adds a job, unless it is there in whatever state.
   *
   * @param name - of the job, for people
   * @param data - for the worker, as JSON
   */
  add(stage: QueuedStage, name: string, data: object): Promise<void>;
  look(stage: QueuedStage): Promise<QueuedStageState>;
  /** @returns ends the watch */
  watch(stage: QueuedStage, watch: QueuedStageWatch): () => void;
  /** Takes a job back. @returns false where a worker has it: BullMQ cannot take it from there */
  remove(stage: QueuedStage): Promise<boolean>;
}
