import { formatWall } from '../cron/civil-time.js';
import { wallAt } from '../cron/wall-clock.js';
import type { ExecutionWindow } from '../schema/execution-window.js';
import { windowAt } from './window-at.js';

/** What Rule 17 needs of a resolved JobDefinition. */
export interface WindowedJob {
  readonly execution_windows: readonly ExecutionWindow[];
  readonly skip_outside_window: boolean;
  /** The schedule's where there is none. */
  readonly execution_window_timezone: string | null;
}

/**
 * What becomes of a fire time that lies outside the execution windows of a job (specification: Rule 17), in words;
 * undefined for one within.
 *
 * @param scheduleTimezone - the zone of the windows of a job that names none for them
 * @param timeMs - epoch milliseconds
 */
export function windowNote(job: WindowedJob, scheduleTimezone: string, timeMs: number): string | undefined {
  const timezone = job.execution_window_timezone ?? scheduleTimezone;
  const { open, opens_ms } = windowAt(job.execution_windows, timezone, timeMs);
  if (open) return undefined;
  if (job.skip_outside_window) return 'outside the execution windows: skipped';
  return `outside the execution windows: held until ${formatWall(wallAt(timezone, opens_ms))} in ${timezone}`;
}
