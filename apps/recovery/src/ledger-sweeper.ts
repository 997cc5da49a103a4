import { sweepLedgers, type Services, type SweepPosition } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Fire times that one slice computes, about: a fraction of a second of work. */
const BUDGET = 20_000;

/** Verifies the tick ledgers of all schedules, round after round, a slice at a time. */
export class LedgerSweeper {
  private position: SweepPosition | undefined;

  constructor(
    private readonly services: Services,
    private readonly log: Logger,
  ) {}

  async tick(): Promise<undefined> {
    const from = this.position === undefined ? {} : { position: this.position };
    const { found, gone, position } = await sweepLedgers(this.services, { budget: BUDGET, ...from });
    this.position = position;
    for (const [schedule_id, hole] of found)
      this.log.error({ schedule_id, hole }, 'the tick ledger of a schedule does not add up');
    for (const schedule_id of gone)
      this.log.info({ schedule_id }, 'the tick ledger of a schedule adds up again');
  }
}
