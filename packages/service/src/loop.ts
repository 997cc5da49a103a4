import { isRedisAway } from '@phi/core';
import type { Logger } from '@phi/telemetry';

export interface LoopOptions {
  readonly name: string;
  readonly log: Logger;
  /** The longest time between two rounds, in milliseconds. */
  readonly intervalMs: number;
  /** One round. @returns milliseconds until the next, where that is sooner than the interval */
  readonly round: () => Promise<number | undefined>;
}

/** The longest pause after a failed round, in milliseconds. */
const FAILED_PAUSE_MS = 1000;

/**
 * Repeats a round until stopped; a failing one is reported when it begins to fail and when it works again. That Redis is away is told
 * by the connection, once for all loops.
 */
export class Loop {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;

  constructor(private readonly options: LoopOptions) {
    this.schedule(0);
  }

  /** Resolves when the round under way has ended. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private schedule(delayMs: number): void {
    if (this.stopped) return;
    this.timer = setTimeout(() => {
      this.running = this.runOnce().then((next) => this.schedule(next));
    }, delayMs);
  }

  private async runOnce(): Promise<number> {
    const { name, log, intervalMs, round } = this.options;
    try {
      const next = await round();
      if (this.failing) log.info({ loop: name }, 'works again');
      this.failing = false;
      return Math.min(intervalMs, next ?? intervalMs);
    } catch (error) {
      this.tell(error);
      return Math.min(intervalMs, FAILED_PAUSE_MS);
    }
  }

  private tell(error: unknown): void {
    const { name, log } = this.options;
    if (isRedisAway(error)) return log.debug({ loop: name, err: error }, 'failed; trying again');
    if (!this.failing) log.warn({ loop: name, err: error }, 'failed; trying again');
    this.failing = true;
  }
}
