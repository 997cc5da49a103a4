import type { Context } from '../context.js';
import { formatRelative } from '../output/duration.js';
import { table } from '../output/table.js';
import type { Difference, ScheduleDifference } from '../preview/compare-definitions.js';
import { isoTime, wallClock } from '../preview/previewed-times.js';

/** What two versions of definitions differ by, for people. */
export function differenceView({ schedules, jobs }: Difference, context: Context): string {
  const appeared = new Set(jobs.added);
  const vanished = new Set(jobs.removed);
  const scheduled = new Set(schedules.map(({ job_id }) => job_id));
  const word = (id: string): string => (appeared.has(id) ? ' appears' : vanished.has(id) ? ' vanishes' : '');
  const others = [...appeared, ...vanished].filter((id) => !scheduled.has(id));
  const parts = [
    ...schedules.map((schedule) => scheduleText(schedule, word(schedule.job_id), context)),
    ...others.map((id) => `${id}${word(id)}; it has no schedule`),
  ];
  return parts.length === 0 ? 'there is no schedule in either version' : parts.join('\n\n');
}

function scheduleText(difference: ScheduleDifference, change: string, { now }: Context): string {
  const { job_id, schedule, oldTimezone, until, added, removed, kept } = difference;
  const zone = oldTimezone === undefined ? schedule.timezone : `${schedule.timezone}, was ${oldTimezone}`;
  const head = `${job_id} (${zone})${change}`;
  if (until === undefined) return `${head}\nit never fires again in either version`;
  const wall = wallClock(schedule.timezone);
  const rows = [...marked('+', added), ...marked('-', removed), ...marked('=', kept)]
    .sort((a, b) => a.time - b.time)
    .map(({ mark, time }) => [
      mark,
      wall(isoTime(time)),
      isoTime(time),
      formatRelative(isoTime(time), now()),
    ]);
  const sums = `${count(added)} added, ${count(removed)} removed, ${count(kept)} kept until ${isoTime(until)}`;
  if (rows.length === 0) return `${head}: ${sums}`;
  return `${head}: ${sums}\n${table(['', schedule.timezone, 'INSTANT', ''], rows)}`;
}

function marked(mark: string, times: readonly number[]): { mark: string; time: number }[] {
  return times.map((time) => ({ mark, time }));
}

function count(times: readonly number[]): string {
  return String(times.length);
}
