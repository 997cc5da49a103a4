import type { ExecutionRecord } from '@phi/core';

import { untilAnswered, type ExecutorContext } from './executor-context.js';

/** Saves an attempt's checkpoints one after another; of those that wait only the latest is worth saving. */
export class CheckpointSaver {
  private latest: string | undefined;
  private closed = false;
  private saving: Promise<void> | undefined;

  constructor(
    private readonly context: ExecutorContext,
    private readonly record: ExecutionRecord,
  ) {}

  save(state: string): void {
    this.latest = state;
    this.saving ??= this.saveLatest();
  }

  /** The body has ended: what waits is tried once more, and given up rather than keep the attempt from its end. */
  async close(): Promise<void> {
    this.closed = true;
    await this.saving;
  }

  /** Whether what is being saved is given up when it fails. No AbortController: every attempt would pay for one. */
  get aborted(): boolean {
    return this.closed || this.context.signal.aborted;
  }

  /** What cannot be saved because the lease is lost is not this attempt's to save any more. */
  private async saveLatest(): Promise<void> {
    const { execution_id, nonce = '' } = this.record;
    while (this.latest !== undefined) {
      const state = this.latest;
      this.latest = undefined;
      const save = (): Promise<unknown> => this.context.services.checkpoints.save(execution_id, nonce, state);
      await untilAnswered({ ...this.context, signal: this }, save).catch(() => undefined);
    }
    // In the same step as the look at `latest`: one that comes between the two would wait for ever.
    this.saving = undefined;
  }
}
