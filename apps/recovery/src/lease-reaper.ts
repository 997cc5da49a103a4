import { leaseMs } from '@phi/core';
import { takeBackLost, type Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** A gap between two sweeps longer than this means that this process was cut off itself, in milliseconds. */
const CUT_OFF_AFTER_MS = 5000;

/**
 * Takes back expired leases. A reaper that was itself cut off from Redis cannot tell a dead executor from one
 * that was cut off with it: it gives everyone as long as the gap lasted to renew before it takes anything. One that
 * has only started does not know how long the gap was: it gives a whole lease.
 */
export class LeaseReaper {
  private lastSweep: number | undefined;
  private amnestyUntil = 0;

  constructor(
    private readonly services: Services,
    private readonly log: Logger,
  ) {}

  async sweep(): Promise<undefined> {
    await this.services.schedules.now();
    const now = this.services.clock.now();
    const gap = this.lastSweep === undefined ? leaseMs(this.services.config) : now - this.lastSweep;
    this.lastSweep = now;
    if (gap > CUT_OFF_AFTER_MS) this.grantAmnesty(now, gap);
    const taken = await takeBackLost(this.services, { evict: now >= this.amnestyUntil });
    if (taken > 0) this.log.warn({ executions: taken }, 'took back executions of executors that were lost');
  }

  private grantAmnesty(now: number, gap: number): void {
    this.amnestyUntil = now + gap;
    this.log.info(
      { gap_ms: gap },
      'began to watch, or was cut off; executors get as long to renew their leases',
    );
  }
}
