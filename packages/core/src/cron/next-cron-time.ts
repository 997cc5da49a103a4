import { DAY_SECONDS } from './civil-time.js';
import type { WallSeconds } from './civil-time.js';
import type { CronExpression } from './cron-expression.js';
import type { DstOverride, DstPolicy } from './daylight-saving.js';
import { dstPolicy, firstClosed, firstOpen } from './daylight-saving.js';
import { firstMatch } from './matching-time.js';
import type { Stretch } from './zone-timeline.js';
import { stretchAt } from './zone-timeline.js';

export interface CronSetting {
  /** A valid IANA zone. */
  readonly timezone: string;
  readonly dst?: DstOverride | undefined;
}

/** A time at which an expression fires. */
export interface CronTime {
  readonly time_ms: number;
  /** The wall-clock time that does not exist and for which this one stands. */
  readonly instead_of?: WallSeconds;
}

/**
 * How far ahead a next time is looked for. The rarest date is a fifth weekday in February, which comes every 28 years,
 * and every 40 across a century that is no leap year.
 */
export const HORIZON_YEARS = 41;

const HORIZON_SECONDS = HORIZON_YEARS * 366 * DAY_SECONDS;
/** More than any two offsets differ by. */
const MAX_OFFSET_CHANGE = 2 * DAY_SECONDS;
/** The last instant that JavaScript's time zone functions know, with room for the stretch beyond it. */
const LAST_SECOND = 8.64e12 - 2 * 366 * DAY_SECONDS;

/**
 * The first instant strictly after another at which an expression fires.
 *
 * @param afterMs - epoch milliseconds
 * @returns epoch milliseconds, on a whole second; undefined if nothing fires within HORIZON_YEARS
 * @throws RangeError for a zone that does not exist
 */
export function nextCronTime(
  cron: CronExpression,
  setting: CronSetting,
  afterMs: number,
): number | undefined {
  return findCronTime(cron, setting, afterMs)?.time_ms;
}

/** As nextCronTime, and says if the time stands for one that does not exist. */
export function findCronTime(
  cron: CronExpression,
  setting: CronSetting,
  afterMs: number,
): CronTime | undefined {
  const policy = dstPolicy(cron, setting.dst);
  const after = Math.floor(afterMs / 1000);
  const limit = Math.min(after + HORIZON_SECONDS, LAST_SECOND);
  // Starts in the stretch that holds `after`, not `after + 1`: a gap between the two belongs to its end.
  let instant = after;
  let earliest = after + 1;
  while (earliest <= limit) {
    const stretch = stretchAt(setting.timezone, instant);
    const from = Math.max(earliest, firstOpen(stretch, policy));
    const wall = firstMatch(cron, from + stretch.offset, limit + MAX_OFFSET_CHANGE);
    if (wall === undefined) return undefined;
    const found = wall - stretch.offset;
    if (found < firstClosed(stretch, policy)) return { time_ms: found * 1000 };
    if (runsAfterGap(stretch, wall, policy)) return { time_ms: stretch.end * 1000, instead_of: wall };
    instant = nextStart(earliest, stretch.end, found);
    earliest = instant;
  }
  return undefined;
}

/** Whether a wall-clock time falls in the gap that ends a stretch, and has to run all the same. */
function runsAfterGap({ closed, end }: Stretch, wall: WallSeconds, { gap }: DstPolicy): boolean {
  return gap === 'AFTER' && closed?.at === end && wall < end + closed.after;
}

/**
 * Where to go on looking once a stretch has nothing: its end, or shortly before the match if that is far off.
 *
 * Only where a jump could bring back wall-clock times from before `searched` must no stretch be left out.
 */
function nextStart(searched: number, end: number, match: number): number {
  return end - searched > MAX_OFFSET_CHANGE ? Math.max(end, match - MAX_OFFSET_CHANGE) : end;
}
