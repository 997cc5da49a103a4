import { shownClock } from './shown-clock.js';

/**
 * The contract of cron expressions, said once more and naively, for tests of the engine: every number is held against the
 * text of its field, every wall-clock time of a matching date is looked for on Intl's clock. Nothing comes from the engine.
 */
export interface OracleQuestion {
  /** Valid: five or six fields, or a macro. */
  readonly expression: string;
  readonly timezone: string;
  /** Epoch milliseconds on a whole second, excluded. */
  readonly after: number;
  readonly count: number;
  readonly gap?: 'AFTER' | 'SKIP' | undefined;
  readonly overlap?: 'FIRST' | 'SECOND' | 'BOTH' | undefined;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Further from UTC, and from each other, no clock has ever been. */
const FAR_MS = 26 * HOUR_MS;
/** Wall-clock dates and instants come in the same order but for so many days. */
const MIXED_DAYS = 3;
const LAST_DAYS = 41 * 366;

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
};
const MONTHS = ['', 'JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'];
const WEEKDAYS = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

/** The first times after an instant, in epoch milliseconds; fewer than asked for if no more come within 41 years. */
export function oracleTimes(question: OracleQuestion): number[] {
  const { after, count, timezone } = question;
  const fields = fieldsOf(question.expression);
  const offsets = hourlyOffsets(timezone);
  const clock = shownClock(timezone);
  const first = Math.floor(after / DAY_MS) - MIXED_DAYS;
  const found = new Set<number>();
  let lastDay = first + LAST_DAYS;
  for (let day = first; day <= lastDay; day += 1) {
    if (!matchesDate(fields, new Date(day * DAY_MS))) continue;
    for (const wall of timesOfDay(fields, day * DAY_MS)) {
      for (const instant of chosen(question, fields, wall, { clock, offsets })) {
        if (instant > after) found.add(instant);
      }
    }
    if (found.size >= count) lastDay = Math.min(lastDay, day + MIXED_DAYS);
  }
  return [...found].sort((a, b) => a - b).slice(0, count);
}

interface Fields {
  readonly second: string;
  readonly minute: string;
  readonly hour: string;
  readonly dayOfMonth: string;
  readonly month: string;
  readonly dayOfWeek: string;
}

function fieldsOf(expression: string): Fields {
  const parts = (MACROS[expression.toLowerCase()] ?? expression).toUpperCase().trim().split(/\s+/);
  const six = parts.length === 5 ? ['0', ...parts] : parts;
  const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = six;
  return { second, minute, hour, dayOfMonth, month, dayOfWeek };
}

/** Whether one of a field's list members stands for a number. */
function matches(
  field: string,
  value: number,
  [min, max]: readonly [number, number],
  names: string[],
): boolean {
  return field.split(',').some((item) => {
    const [span = '', step = '1'] = item.split('/');
    const number = (text: string): number => (names.includes(text) ? names.indexOf(text) : Number(text));
    const [from = '', to] = span === '*' ? [String(min), String(max)] : span.split('-');
    const last = to ?? (item.includes('/') ? String(max) : from);
    const steps = (value - number(from)) / Number(step);
    return steps >= 0 && value <= number(last) && Number.isInteger(steps);
  });
}

function matchesDate({ dayOfMonth, month, dayOfWeek }: Fields, date: Date): boolean {
  if (!matches(month, date.getUTCMonth() + 1, [1, 12], MONTHS)) return false;
  const byMonth = dayOfMonth.split(',').some((item) => matchesDayOfMonth(item, date));
  const byWeek = dayOfWeek.split(',').some((item) => matchesDayOfWeek(item, date));
  const isOpen = [dayOfMonth, dayOfWeek].some((field) => field === '*' || field === '*/1');
  return isOpen ? byMonth && byWeek : byMonth || byWeek;
}

function matchesDayOfMonth(item: string, date: Date): boolean {
  if (item === 'L') return new Date(date.getTime() + DAY_MS).getUTCDate() === 1;
  return matches(item, date.getUTCDate(), [1, 31], []);
}

function matchesDayOfWeek(item: string, date: Date): boolean {
  const [, day = item, nth] = /^([^#]+?)(?:#(.)|L)$/.exec(item) ?? [];
  // Sunday comes at either end of the week, also by name: FRI-SUN.
  const text = day.replace('-SUN', '-7');
  const weekday = date.getUTCDay();
  const isDay = [weekday, ...(weekday === 0 ? [7] : [])].some((value) => {
    const [min, max] = item.startsWith('*') || item.includes('/') ? [0, 6] : [0, 7];
    return matches(text, value, [min, max], WEEKDAYS);
  });
  if (!isDay || day === item) return isDay;
  if (nth !== undefined) return Math.ceil(date.getUTCDate() / 7) === Number(nth);
  return new Date(date.getTime() + 7 * DAY_MS).getUTCMonth() !== date.getUTCMonth();
}

function timesOfDay({ second, minute, hour }: Fields, midnight: number): number[] {
  const values = (field: string, size: number): number[] =>
    Array.from({ length: size }, (_, value) => value).filter((value) =>
      matches(field, value, [0, size - 1], []),
    );
  const [seconds, minutes] = [values(second, 60), values(minute, 60)];
  return values(hour, 24).flatMap((h) =>
    minutes.flatMap((m) => seconds.map((s) => midnight + h * HOUR_MS + m * MINUTE_MS + s * SECOND_MS)),
  );
}

interface Zone {
  readonly clock: (instantMs: number) => number;
  readonly offsets: (wall: number) => readonly number[];
}

/** The instants at which a wall-clock time that matches runs. */
function chosen(
  { gap, overlap }: OracleQuestion,
  { minute, hour }: Fields,
  wall: number,
  { clock, offsets }: Zone,
): number[] {
  const isFixed = !/(?:^|,)(?:\*|0\/)/.test(minute) && !/(?:^|,)(?:\*|0\/)/.test(hour);
  const near = offsets(wall);
  const shown = near.map((offset) => wall - offset).filter((instant) => clock(instant) === wall);
  shown.sort((a, b) => a - b);
  if (shown.length === 0) {
    const isRun = (gap ?? (isFixed ? 'AFTER' : 'SKIP')) === 'AFTER';
    return isRun ? [firstBeyond(clock, wall, wall - Math.max(...near))] : [];
  }
  const passes = overlap ?? (isFixed ? 'FIRST' : 'BOTH');
  if (passes === 'BOTH') return shown;
  return passes === 'FIRST' ? shown.slice(0, 1) : shown.slice(-1);
}

/** The first instant at which the clock shows more, from one at which it does not. */
function firstBeyond(clock: Zone['clock'], wall: number, from: number): number {
  let instant = from;
  while (clock(instant + MINUTE_MS) <= wall) instant += MINUTE_MS;
  while (clock(instant) <= wall) instant += SECOND_MS;
  return instant;
}

/** The distances between clock and UTC in the hours around a wall-clock time; none has ever lasted for less than an hour. */
function hourlyOffsets(timezone: string): Zone['offsets'] {
  const clock = shownClock(timezone);
  const known = new Map<number, readonly number[]>();
  return (wall) => {
    const day = Math.floor(wall / DAY_MS);
    const found = known.get(day) ?? offsetsAround(clock, day * DAY_MS);
    known.set(day, found);
    return found;
  };
}

function offsetsAround(clock: Zone['clock'], midnight: number): readonly number[] {
  const offsets = new Set<number>();
  for (let at = midnight - FAR_MS; at <= midnight + DAY_MS + FAR_MS; at += HOUR_MS)
    offsets.add(clock(at) - at);
  return [...offsets];
}
