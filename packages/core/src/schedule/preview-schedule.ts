import type { WindowedJob } from '../windows/window-note.js';
import { windowNote } from '../windows/window-note.js';
import { daylightSavingNote } from './daylight-saving-note.js';
import { fireTimeFinder } from './next-fire-time.js';
import type { ScheduleTiming } from './schedule-timing.js';

export interface PreviewedTime {
  readonly time_ms: number;
  /** What daylight saving did to it or to the times before it, and what execution windows will do to it. */
  readonly note?: string;
}

export interface SchedulePreview {
  readonly next: readonly PreviewedTime[];
}

export interface PreviewSetting {
  /** What an INTERVAL without `start_date` counts from, in epoch milliseconds; without it the preview's beginning. */
  readonly anchorMs?: number | undefined;
  /** The job that the schedule is of, if times outside its execution windows are to be marked. */
  readonly job?: WindowedJob | undefined;
}

/**
 * The next fire times of a schedule, and what daylight saving and execution windows do to them (specification: Schedule,
 * Rules 1 and 17).
 *
 * @param fromMs - epoch milliseconds; times after it
 * @param count - at most so many
 * @throws PhiError as nextFireTime
 */
export function previewSchedule(
  schedule: ScheduleTiming,
  fromMs: number,
  count: number,
  { anchorMs, job }: PreviewSetting = {},
): SchedulePreview {
  const find = fireTimeFinder(schedule, anchorMs ?? fromMs);
  const next: PreviewedTime[] = [];
  let after = fromMs;
  while (next.length < count) {
    const found = find(after);
    if (found === undefined) break;
    const notes = [
      schedule.schedule_type === 'CRON' ? daylightSavingNote(schedule, after, found) : undefined,
      next.length === 0 && anchorMs === undefined ? anchorNote(schedule, fromMs) : undefined,
      job === undefined ? undefined : windowNote(job, schedule.timezone, found.time_ms),
    ].filter((note) => note !== undefined);
    next.push({ time_ms: found.time_ms, ...(notes.length > 0 && { note: notes.join('; ') }) });
    after = found.time_ms;
  }
  return { next };
}

function anchorNote({ schedule_type, start_date }: ScheduleTiming, fromMs: number): string | undefined {
  if (schedule_type !== 'INTERVAL' || (start_date !== undefined && start_date !== null)) return undefined;
  const from = new Date(fromMs).toISOString();
  return `there is no start_date: counted from ${from} here, and from its registration once it is registered`;
}
