import { DAY_SECONDS, formatTimeOfDay, formatWall } from '../cron/civil-time.js';
import { dstPolicy, repeated } from '../cron/daylight-saving.js';
import { firstMatch } from '../cron/matching-time.js';
import type { CronTime } from '../cron/next-cron-time.js';
import type { Stretch, Transition } from '../cron/zone-timeline.js';
import { stretchAt } from '../cron/zone-timeline.js';
import { scheduleCron } from './schedule-cron.js';
import type { ScheduleTiming } from './schedule-timing.js';

/**
 * What a reader should know of a time of a CRON schedule: that it stands for one that does not exist, that it comes twice,
 * or that times before it were dropped.
 *
 * @param after - the time before it, in epoch milliseconds
 */
export function daylightSavingNote(
  schedule: ScheduleTiming,
  after: number,
  found: CronTime,
): string | undefined {
  if (found.instead_of !== undefined) {
    return `${formatWall(found.instead_of)} does not exist in ${schedule.timezone}: runs at the first instant after it`;
  }
  const instant = found.time_ms / 1000;
  const stretch = stretchAt(schedule.timezone, instant);
  return passNote(schedule, instant, stretch) ?? dropNote(schedule, after / 1000, stretch);
}

/** For a time that the wall clock shows twice. */
function passNote(
  schedule: ScheduleTiming,
  instant: number,
  { opened, closed, offset }: Stretch,
): string | undefined {
  const isSecond = opened !== undefined && instant < opened.at + repeated(opened);
  const isFirst = closed !== undefined && instant >= closed.at - repeated(closed);
  if (!isSecond && !isFirst) return undefined;
  const { overlap } = dstPolicy(scheduleCron(schedule), schedule.dst ?? undefined);
  const runs = overlap === 'BOTH' ? 'runs at both' : `runs at the ${overlap.toLowerCase()} only`;
  return `${formatWall(instant + offset)} comes twice: this is the ${isSecond ? 'second' : 'first'} pass, and it ${runs}`;
}

/** For the first time after a gap that swallowed others. */
function dropNote(schedule: ScheduleTiming, after: number, { opened }: Stretch): string | undefined {
  if (opened === undefined || opened.at <= after || !swallows(schedule, opened)) return undefined;
  const [from, to] = [opened.at + opened.before, opened.at + opened.after];
  return `nothing runs from ${formatWall(from)} until ${formatTimeOfDay(to % DAY_SECONDS)}, which do not exist in ${schedule.timezone}`;
}

function swallows(schedule: ScheduleTiming, { at, before, after }: Transition): boolean {
  const cron = scheduleCron(schedule);
  const { gap } = dstPolicy(cron, schedule.dst ?? undefined);
  return gap === 'SKIP' && after > before && firstMatch(cron, at + before, at + after - 1) !== undefined;
}
