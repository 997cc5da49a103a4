import {
  frozenAfterMs,
  leaseMs,
  type Bodies,
  type BodyReport,
  type LeaseRenewal,
  type LeaseStore,
  type PhiConfig,
} from '@phi/core';
import { Loop } from '@phi/service';
import type { Logger } from '@phi/telemetry';

/** Progress is reported no more often than this, in milliseconds. */
const PROGRESS_EVERY_MS = 2000;
/** Of the time until the next freeze, what the answer to a renewal may take for what runs to go on at it. */
const PROMPT = 0.5;

export interface LeaseKeeperOptions {
  readonly leases: LeaseStore;
  readonly config: PhiConfig;
  readonly log: Logger;
  readonly bodies: Bodies;
  executorId(): string;
  report(): readonly BodyReport[];
  /**
   * Told each time the lease was renewed.
   *
   * @param reported - the executions of the bodies that were reported with it
   */
  onHeld(renewal: Extract<LeaseRenewal, { held: true }>, reported: readonly string[]): void;
  /** The lease was taken back: what ran under it is others' now. Resolves when another is held. */
  onLost(): Promise<void>;
}

/**
 * Renews an executor's lease, and freezes what runs under it while it cannot tell whether it still holds it: so a pause of Redis
 * pauses the work instead of having it repeated elsewhere (docs/adr/0021-isolation-and-liveness.md).
 *
 * Time is this process' own and monotonic, from when a renewal was sent: Redis has counted from later on.
 */
export class LeaseKeeper {
  private readonly leaseMs: number;
  private readonly frozenAfterMs: number;
  private readonly loop: Loop;
  private renewedAt = performance.now();
  private freezeTimer: NodeJS.Timeout | undefined;
  private progressTimer: NodeJS.Timeout | undefined;
  private renewing: Promise<undefined> | undefined;
  private frozen: Promise<void> | undefined;
  private stopped = false;

  /** To be made when the lease has just been obtained. */
  constructor(private readonly options: LeaseKeeperOptions) {
    this.leaseMs = leaseMs(options.config);
    this.frozenAfterMs = frozenAfterMs(this.leaseMs);
    this.watch();
    const intervalMs = options.config.EXECUTOR_HEARTBEAT_INTERVAL_SECONDS * 1000;
    this.loop = new Loop({ name: 'lease', log: options.log, intervalMs, round: () => this.renew() });
  }

  /** There is progress to report: with the next renewal, or with one soon. */
  reportSoon(): void {
    if (this.progressTimer !== undefined || this.stopped) return;
    this.progressTimer = setTimeout(() => {
      this.progressTimer = undefined;
      // The next round of the loop tries again, and says so.
      this.renew().catch(() => undefined);
    }, PROGRESS_EVERY_MS);
  }

  /** Renews now, unless it does already; where that fails, the next round of the loop says so. */
  renewSoon(): void {
    if (!this.stopped) this.renew().catch(() => undefined);
  }

  /** What runs may go on: nothing freezes it any more. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.progressTimer);
    await this.loop.stop();
    await this.renewing?.catch(() => undefined);
    clearTimeout(this.freezeTimer);
    await this.thaw();
  }

  /** One call at a time: the answer of an older one says less. */
  private async renew(): Promise<undefined> {
    this.renewing ??= this.renewOnce().finally(() => (this.renewing = undefined));
    return this.renewing;
  }

  private async renewOnce(): Promise<undefined> {
    const { options } = this;
    const askedAt = performance.now();
    const report = options.report();
    const renewal = await options.leases.renew(options.executorId(), this.leaseMs, report);
    if (!renewal.held) return this.lose();
    this.renewedAt = askedAt;
    // Asked long ago, granted for what is left of it: what stands still waits for an answer of now.
    if (performance.now() - askedAt > this.frozenAfterMs * PROMPT) return this.renewOnce();
    this.watch();
    if (this.frozen !== undefined) options.log.info('lease renewed; what was frozen goes on');
    await this.thaw();
    options.onHeld(
      renewal,
      report.map(({ execution_id }) => execution_id),
    );
  }

  private async lose(): Promise<undefined> {
    const askedAt = performance.now();
    const held = this.options.onLost();
    this.options.bodies.kill();
    await held;
    this.renewedAt = askedAt;
    this.watch();
    await this.thaw();
  }

  /** Freezes in time unless the lease is renewed before. */
  private watch(): void {
    clearTimeout(this.freezeTimer);
    const leftMs = this.renewedAt + this.frozenAfterMs - performance.now();
    this.freezeTimer = setTimeout(() => this.freeze(), leftMs);
  }

  private freeze(): void {
    const { bodies, log } = this.options;
    const silentSeconds = Math.round((performance.now() - this.renewedAt) / 1000);
    log.warn({ seconds: silentSeconds }, 'lease not renewed for too long; freezing what runs until it is');
    this.frozen ??= bodies
      .freeze()
      .catch((error: unknown) => log.error({ err: error }, 'could not freeze everything'));
  }

  private async thaw(): Promise<void> {
    await this.frozen;
    this.frozen = undefined;
    await this.options.bodies.thaw();
  }
}
