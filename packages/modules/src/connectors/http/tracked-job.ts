import type { RemoteJobStore } from '@phi/core';
import { jobKey } from '../../contract/job-key.js';
import type { JobStatus } from '../../contract/job-status.js';
import type { StageCall } from '../stage-connector.js';
import { mergeDeliveries, readRemoteProgress, type RemoteProgress } from './remote-progress.js';

export type RemoteJobRecords = Pick<RemoteJobStore, 'record' | 'forget'>;

/** Where the stage's checkpoint is kept. */
export interface CheckpointKeeper {
  /** @throws where it is too large, or cannot be saved any more */
  save(text: string): Promise<void>;
  /** @param problem with what the module wants kept */
  onTooLarge(problem: string): void;
}

/**
 * The remote job of one stage, kept where others find it: in the stage's checkpoint for the next attempt, and among the remote jobs
 * for whoever cancels those that nobody waits for.
 */
export class TrackedJob {
  #progress: RemoteProgress;

  constructor(
    private readonly call: StageCall,
    private readonly url: string,
    private readonly records: RemoteJobRecords,
    private readonly checkpoints: CheckpointKeeper,
  ) {
    this.#progress = readRemoteProgress(call.checkpoint);
  }

  get progress(): RemoteProgress {
    return this.#progress;
  }

  get key(): string {
    return jobKey(this.call.chain_id, this.call.stage, this.#progress.generation);
  }

  /** To be done before it is submitted, and with its reference afterwards. */
  record(): Promise<void> {
    return this.records.record(this.#entry());
  }

  /** It does not run any more. Whoever looks for orphans finds the same out if this fails. */
  async forget(): Promise<void> {
    await this.records.forget(this.#entry()).catch(() => undefined);
  }

  attach(ref: string): void {
    this.#save({ ...this.#progress, ref });
  }

  /** The module does not know it (any more). */
  detach(): void {
    const { ref: _, ...unattached } = this.#progress;
    this.#progress = unattached;
  }

  setCancelling(cancelling: boolean): void {
    if (this.#progress.cancelling !== cancelling) this.#save({ ...this.#progress, cancelling });
  }

  /** Keeps what the module has saved. */
  takeCheckpoint({ checkpoint }: JobStatus): void {
    if (checkpoint !== undefined && checkpoint !== this.#progress.checkpoint)
      this.#save({ ...this.#progress, checkpoint });
  }

  /** It has ended without a result: the next job has another key, and what this one has left behind. */
  async endGeneration({ checkpoint, delivery_acknowledgements = [] }: JobStatus): Promise<void> {
    await this.forget();
    const { generation, delivered, checkpoint: earlier } = this.#progress;
    const left = checkpoint ?? earlier;
    this.#save({
      generation: generation + 1,
      cancelling: false,
      delivered: mergeDeliveries(delivered, delivery_acknowledgements),
      ...(left === undefined ? {} : { checkpoint: left }),
    });
  }

  /** It was cancelled, and that is confirmed. */
  async settle(status: JobStatus | 'GONE'): Promise<void> {
    if (status === 'GONE') return this.#settleGone();
    if (status.state !== 'SUCCEEDED') return this.endGeneration(status);
    // It was faster: the next attempt, if there is one, takes its result.
    await this.forget();
    this.setCancelling(false);
  }

  async #settleGone(): Promise<void> {
    // One that was never seen may be on its way: whoever looks for orphans looks for it by its key.
    if (this.#progress.ref !== undefined) await this.forget();
    this.detach();
    this.#save({ ...this.#progress, cancelling: false });
  }

  #save(progress: RemoteProgress): void {
    this.#progress = progress;
    this.checkpoints.save(JSON.stringify(progress)).catch((error: unknown) => {
      this.#saveWithout(error);
    });
  }

  /** Which job it is must be kept, whatever the module wants kept. */
  #saveWithout(error: unknown): void {
    const { checkpoint, ...rest } = this.#progress;
    if (checkpoint === undefined) return;
    this.checkpoints.onTooLarge(error instanceof Error ? error.message : String(error));
    // Where that fails as well, the job is found again by its key.
    this.checkpoints.save(JSON.stringify(rest)).catch(() => undefined);
  }

  #entry(): Parameters<RemoteJobRecords['record']>[0] {
    const { chain_id, stage, execution_id } = this.call;
    const { generation, ref } = this.#progress;
    const entry = { chain_id, stage, generation, execution_id, key: this.key, url: this.url };
    return ref === undefined ? entry : { ...entry, ref };
  }
}
