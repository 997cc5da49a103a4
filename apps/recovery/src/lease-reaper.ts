import { leaseMs } from '@phi/core';
import { takeBackLost, type Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** A gap between two sweeps longer than this means that this process was cut off itself, in milliseconds. */
const CUT_OFF_AFTER_MS = 5000;

/**
 * Takes back expired leases. A reaper that was itself cut off from Redis cannot tell a dead executor from one
 * that was cut off with it: it gives everyone as long as the gap lasted, at most a lease, to renew before it takes anything. One that
 * has only started does not know how long the gap was: it gives a whole lease.
 */
export class LeaseReaper {
  private lastSweep: number | undefined;
  private amnestyFrom = 0;
  private amnestyUntil = 0;

  constructor(
    private readonly services: Services,
    private readonly log: Logger,
  ) {}

  async tick(): Promise<undefined> {
    await this.services.schedules.now();
    const now = this.services.clock.now();
    const gap = this.lastSweep === undefined ? leaseMs(this.services.config) : now - this.lastSweep;
    this.lastSweep = now;
    // A lease is enough for anybody to renew it, and a clock that was set is no gap.
    if (gap > CUT_OFF_AFTER_MS) this.grantAmnesty(now, Math.min(gap, leaseMs(this.services.config)));
    const taken = await takeBackLost(this.services, { evict: !this.isAmnesty(now) });
    if (taken > 0) this.log.warn({ executions: taken }, 'took back executions of executors that were lost');
  }

  private isAmnesty(now: number): boolean {
    return now >= this.amnestyFrom && now < this.amnestyUntil;
  }

  private grantAmnesty(now: number, gap: number): void {
    this.amnestyFrom = now;
    this.amnestyUntil = now + gap;
    this.log.info(
      { gap_ms: gap },
      'began to watch, or was cut off; executors get as long to renew their leases',
    );
  }
}
