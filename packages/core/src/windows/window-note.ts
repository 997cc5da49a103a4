import { formatWall } from '../cron/civil-time.js';
import { wallAt } from '../cron/wall-clock.js';
import {
  executionWindowRestriction,
  type WindowRestriction,
} from '../rules/17-execution-window-restriction.js';
import { windowAt } from './window-at.js';

/** Its execution windows, and whose wall clock they follow. */
export interface WindowedJob extends WindowRestriction {
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
  const verdict = executionWindowRestriction(job, timezone, timeMs);
  if (verdict === 'RUN') return undefined;
  if (verdict === 'SKIP') return 'outside the execution windows: skipped';
  const { opens_ms } = windowAt(job.execution_windows, timezone, timeMs);
  return `outside the execution windows: held until ${formatWall(wallAt(timezone, opens_ms))} in ${timezone}`;
}
