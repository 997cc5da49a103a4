import type { Schedule } from '../api/schedule.js';
import type { Context } from '../context.js';
import { formatRelative } from '../output/duration.js';
import { statusCell } from '../output/status-cell.js';
import { facts, table } from '../output/table.js';

/** Schedules as a table. */
export function describeSchedules(schedules: readonly Schedule[], { now, output }: Context): string {
  const rows = schedules.map((schedule) => [
    schedule.schedule_id,
    schedule.job_id,
    statusCell(schedule.state, output.colours),
    schedule.expression,
    formatRelative(schedule.next_time, now()),
    formatRelative(schedule.last_time, now()),
    countOf(schedule, isFired),
    countOf(schedule, isSkipped),
    countOf(schedule, isMissed),
    troubleOf(schedule),
  ]);
  return table(
    ['SCHEDULE', 'JOB', 'STATE', 'EXPRESSION', 'NEXT', 'LAST', 'FIRED', 'SKIPPED', 'MISSED', 'TROUBLE'],
    rows,
  );
}

/** One schedule with what its fire times came to. */
export function describeSchedule(schedule: Schedule, { now, output }: Context): string {
  return facts([
    ['schedule', schedule.schedule_id],
    ['job', schedule.job_id],
    ['state', statusCell(schedule.state, output.colours)],
    ['expression', schedule.expression],
    ['time zone', schedule.timezone],
    ['next', timeOf(schedule.next_time, now())],
    ['last', timeOf(schedule.last_time, now())],
    ...Object.entries(schedule.counts),
    ['held', schedule.held],
    ['invalid', schedule.invalid],
    ['hole in the ledger', schedule.hole],
  ]);
}

function timeOf(time: string | null, now: number): string | undefined {
  return time === null ? undefined : `${time} (${formatRelative(time, now)})`;
}

function countOf({ counts }: Schedule, counted: (outcome: string) => boolean): number {
  return Object.entries(counts).reduce((sum, [outcome, count]) => sum + (counted(outcome) ? count : 0), 0);
}

const isFired = (outcome: string): boolean => ['FIRED', 'LATE', 'CAUGHT_UP'].includes(outcome);
const isSkipped = (outcome: string): boolean => outcome.startsWith('SKIPPED');
const isMissed = (outcome: string): boolean => ['MISSED', 'REJECTED'].includes(outcome);

function troubleOf({ invalid, hole, held }: Schedule): string | null | undefined {
  return invalid ?? hole ?? held;
}
