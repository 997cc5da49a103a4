import { trimHistory, type Services, type TrimPosition } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Until the next slice, where one has found work or a round is not at its end, in milliseconds. */
const NEXT_SLICE_MS = 100;
/** A slice beside a long queue takes its time, as it asks what all that waits still uses: it has to leave Redis to others. */
const PAUSE_PER_WORK = 9;
/** How long one recovery does this alone, in milliseconds. */
const ELECTED_MS = 120_000;

/** Removes what is not kept any longer, round after round, a slice at a time (specification: History Retention). */
export class HistoryTrimmer {
  private runs: TrimPosition;

  /** @param process - this one's name: several that trimmed at once would only be in each other's way */
  constructor(
    private readonly services: Services,
    private readonly log: Logger,
    private readonly process: string,
  ) {}

  /** One slice. @returns milliseconds until the next, where that is to be sooner than the interval */
  async tick(): Promise<number | undefined> {
    const elected = await this.services.elections.elect('history', this.process, ELECTED_MS);
    if (elected !== 'ELECTED') return undefined;
    const began = performance.now();
    const { removed, early, position } = await trimHistory(this.services, this.runs);
    this.runs = position;
    if (removed > 0) this.log.info({ executions: removed }, 'removed runs that are not kept any longer');
    if (early > 0)
      this.log.warn(
        { executions: early },
        'of these the time was not over: HISTORY_MAX_EXECUTIONS is reached',
      );
    const pause = Math.max(NEXT_SLICE_MS, (performance.now() - began) * PAUSE_PER_WORK);
    return removed > 0 || position !== undefined ? pause : undefined;
  }
}
