import { PhiError, type AttemptCheckpoint, type ExecutionRecord, type SavedCheckpoint } from '@phi/core';

import { untilAnswered, type ExecutorContext } from './executor-context.js';

/** Saves an attempt's checkpoints one after another; of those that wait only the latest is worth saving. */
export class CheckpointSaver {
  private latest: AttemptCheckpoint | undefined;
  private closed = false;
  private saving: Promise<void> | undefined;
  /** Resolves when what waits now is saved. */
  private next: Promise<void> | undefined;
  /** The sequence number of the last that is known to be good: it is not written over. */
  private good = 0;

  /** @param warn - told of what could not be saved */
  constructor(
    private readonly context: ExecutorContext,
    private readonly record: ExecutionRecord,
    private readonly warn: (text: string) => void,
  ) {}

  /** @param sequence - of the checkpoint that the attempt goes on from */
  resumedFrom(sequence: number): void {
    this.good = sequence;
  }

  /**
   * @returns resolves when it, or a later one, is saved
   * @throws PhiError STATE_006_CHECKPOINT_NOT_SAVED
   */
  save(checkpoint: AttemptCheckpoint): Promise<void> {
    this.latest = checkpoint;
    this.next ??= this.saveNext();
    // Whoever does not wait for it need not hear of it: it was warned of.
    this.next.catch(() => undefined);
    return this.next;
  }

  /** The body has ended: what waits is tried once more, and given up rather than keep the attempt from its end. */
  async close(): Promise<void> {
    this.closed = true;
    await Promise.allSettled([this.saving, this.next]);
  }

  /** Whether what is being saved is given up when it fails. No AbortController: every attempt would pay for one. */
  get aborted(): boolean {
    return this.closed || this.context.signal.aborted;
  }

  private async saveNext(): Promise<void> {
    await this.saving?.catch(() => undefined);
    const { latest } = this;
    this.latest = undefined;
    this.next = undefined;
    if (latest === undefined) return;
    this.saving = this.send(latest);
    await this.saving;
  }

  private async send({ stage, state }: AttemptCheckpoint): Promise<void> {
    const { execution_id, nonce = '' } = this.record;
    const call = (): Promise<SavedCheckpoint> =>
      this.context.services.checkpoints.save({ execution_id, nonce, good: this.good, stage, state });
    const answer = await untilAnswered({ ...this.context, signal: this }, call).catch((error: unknown) =>
      this.giveUp(stage, error instanceof Error ? error.message : String(error)),
    );
    if (!answer.saved) return this.giveUp(stage, 'the lease is lost, or the attempt has ended');
    this.good = answer.sequence;
  }

  private giveUp(stage: string, why: string): never {
    this.warn(`WARN the checkpoint of ${stage} is not saved: ${why}`);
    throw new PhiError('STATE_006_CHECKPOINT_NOT_SAVED', `the checkpoint of ${stage} is not saved: ${why}`, {
      operation: 'checkpoint.save',
      data: { execution_id: this.record.execution_id, stage },
    });
  }
}
