/**
 * The fire times of daily and hourly schedules by brute force: every quarter of an hour is read off Intl's wall clock, and the rules of the
 * design are applied to what it shows. Nothing here comes from the engine.
 */
const STEP_MS = 15 * 60_000;
const DAY_MINUTES = 24 * 60;

interface Shown {
  readonly instant: number;
  /** Minutes since 1970 on the wall clock. */
  readonly wall: number;
}

/** What a wall clock shows each quarter of an hour, both ends included. */
function walk(timezone: string, from: number, to: number): Shown[] {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'short',
    hourCycle: 'h23',
  });
  const shown: Shown[] = [];
  for (let instant = Math.ceil(from / STEP_MS) * STEP_MS; instant <= to; instant += STEP_MS) {
    const [day = 0, month = 0, year = 0, hour = 0, minute = 0] = clock
      .format(instant)
      .split(/[/, :]+/)
      .map(Number);
    shown.push({ instant, wall: Date.UTC(year, month - 1, day, hour, minute) / 60_000 });
  }
  return shown;
}

/** Every full hour that the wall clock shows, in both passes of one that repeats. */
export function hourly(timezone: string, from: number, to: number): number[] {
  return walk(timezone, from, to)
    .filter(({ wall }) => wall % 60 === 0)
    .map(({ instant }) => instant);
}

/** What becomes of a time of day that the clock jumps over, and of one that it shows twice. */
export interface DailyRules {
  readonly gap: 'AFTER' | 'SKIP';
  readonly overlap: 'FIRST' | 'BOTH';
}

/** A time of day, once a day as far as the clock shows it. @param minuteOfDay - a multiple of 15 */
export function daily(
  timezone: string,
  minuteOfDay: number,
  rules: DailyRules,
  [from, to]: readonly [number, number],
): number[] {
  const times: number[] = [];
  let seen = -1;
  let before: Shown | undefined;
  for (const shown of walk(timezone, from - 2 * DAY_MINUTES * 60_000, to)) {
    const day = Math.floor(shown.wall / DAY_MINUTES);
    const target = day * DAY_MINUTES + minuteOfDay;
    const isAgain = seen === target;
    if (shown.wall === target && (!isAgain || rules.overlap === 'BOTH')) times.push(shown.instant);
    const isJumpedOver = before !== undefined && before.wall < target && shown.wall > target;
    if (isJumpedOver && !isAgain && rules.gap === 'AFTER') times.push(shown.instant);
    if (shown.wall === target || isJumpedOver) seen = target;
    before = shown;
  }
  return times.filter((time) => time > from && time <= to);
}
