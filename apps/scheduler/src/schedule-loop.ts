import { fireSchedules, type FireReport, type Services } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

const TASK = 'schedules';
/** An election outlives so many rounds, so that one slow round does not change who is active. */
const ROUNDS_ELECTED = 3;
/** At least so long, in milliseconds. */
const ELECTED_AT_LEAST_MS = 1000;

/**
 * Fires schedules, round after round. Of several schedulers the elected one does the work; the others could as well, and
 * take over when its election runs out.
 */
export class ScheduleLoop {
  private readonly process: string;
  private active = false;

  constructor(
    private readonly services: Services,
    private readonly log: Logger,
  ) {
    this.process = services.ids.next();
  }

  /** @returns milliseconds until the next fire time */
  async round(): Promise<number | undefined> {
    if (!(await this.isElected())) return undefined;
    const report = await fireSchedules(this.services);
    this.tell(report);
    return report.next_in_ms;
  }

  /** Lets another scheduler take over at once. */
  async resign(): Promise<void> {
    if (this.active) await this.services.elections.elect(TASK, this.process, 0).catch(() => undefined);
  }

  private async isElected(): Promise<boolean> {
    const { config, elections } = this.services;
    if (!config.SCHEDULER_LOCK_ENABLED) return true;
    const forMs = Math.max(ROUNDS_ELECTED * config.SCHEDULER_POLL_INTERVAL_MS, ELECTED_AT_LEAST_MS);
    const active = (await elections.elect(TASK, this.process, forMs)) === 'ELECTED';
    if (active !== this.active) this.log.info({ active }, active ? 'fires schedules now' : 'stands by');
    this.active = active;
    return active;
  }

  private tell({ settled, invalid }: FireReport): void {
    for (const schedule_id of invalid) {
      this.log.error(
        { schedule_id },
        'a schedule cannot be evaluated and is marked invalid; see phi_scheduling_errors',
      );
    }
    if (settled.size === 0) return;
    const outcomes = Object.fromEntries(settled);
    if (settled.has('MISSED') || settled.has('REJECTED')) this.log.warn(outcomes, 'fire times missed');
    else this.log.info(outcomes, 'fire times settled');
  }
}
