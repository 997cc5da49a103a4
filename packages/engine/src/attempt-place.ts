import type { ExecutionRecord } from '@phi/core';

import type { AttemptStop } from './attempt-stop.js';
import { untilAnswered, type ExecutorContext } from './executor-context.js';

/** The place of one attempt on its executor: given back while a remote module is waited for. */
export class AttemptPlace {
  private isHere = true;
  private waitsNoMore: () => void = () => undefined;

  constructor(
    private readonly context: ExecutorContext,
    private readonly record: ExecutionRecord,
    private readonly stop: AttemptStop,
  ) {
    context.room.enter(record.request);
    context.reservation?.release();
  }

  async leave(): Promise<void> {
    if (!this.isHere) return;
    await this.tell(true);
    this.isHere = false;
    this.waitsNoMore = this.context.room.whileAway(this.stop.handOver);
    this.context.room.leave(this.record.request);
    this.context.onPlaceLeft?.();
  }

  async comeBack(): Promise<void> {
    if (this.isHere) return;
    this.waitsNoMore();
    await this.tell(false);
    this.isHere = await this.context.room.comeBack(this.record.request, this.stop.signal);
  }

  /** To be called when the attempt has ended. */
  end(): void {
    this.waitsNoMore();
    if (this.isHere) this.context.room.leave(this.record.request);
  }

  /** Where the lease is lost, its place is not this attempt's any more in any case. */
  private async tell(waits: boolean): Promise<void> {
    const { execution_id, nonce = '' } = this.record;
    await untilAnswered({ ...this.context, signal: this.stop.signal }, () =>
      this.context.services.executions.waitRemotely(execution_id, nonce, waits),
    );
  }
}
