import { forgetSchedules, type Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Forgets schedules that are long out of force, round after round, a slice at a time (docs/adr/0031-retention.md). */
export class ScheduleForgetter {
  private cursor: string | undefined;

  constructor(
    private readonly services: Services,
    private readonly log: Logger,
  ) {}

  async tick(): Promise<undefined> {
    const { forgotten, cursor } = await forgetSchedules(this.services, this.cursor);
    this.cursor = cursor;
    if (forgotten > 0) this.log.info({ schedules: forgotten }, 'forgot schedules that are long out of force');
  }
}
