import { Worker } from 'bullmq';

/** A BullMQ worker that can be closed when `close` would wait for ever: Redis is away, or what is under way does not end. */
export class BoundedWorker<Data = unknown> extends Worker<Data> {
  /**
   * Takes nothing more and lets what is under way end.
   *
   * @param deadlineMs - past this the worker gives up: what had not ended is delivered again
   */
  async closeWithin(deadlineMs: number): Promise<void> {
    const late = new Promise<'late'>((resolve) => setTimeout(() => resolve('late'), deadlineMs).unref());
    const outcome = await Promise.race([this.close().catch(() => undefined), late]);
    if (outcome === 'late') await this.cut();
  }

  /** A close that waits cannot be forced any more: its parts are. None of them is waited for, since Redis may not answer. */
  private async cut(): Promise<void> {
    await this.lockManager.close();
    void this.backend.close(true).catch(() => undefined);
    void this.backend.blockingClient?.then(
      (client) => client.disconnect(),
      () => undefined,
    );
  }
}
