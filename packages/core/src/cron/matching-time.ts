import { civilFromDays, DAY_SECONDS, daysFromCivil, daysInMonth, weekdayOfDays } from './civil-time.js';
import type { WallSeconds } from './civil-time.js';
import type { CronExpression, NthWeekday } from './cron-expression.js';

/**
 * The first wall-clock time at or after another that the fields of an expression match, whether or not the time zone's
 * clock ever shows it.
 *
 * @param from - whole seconds
 * @param limit - gives up beyond it, and answers undefined
 */
export function firstMatch(
  cron: CronExpression,
  from: WallSeconds,
  limit: WallSeconds,
): WallSeconds | undefined {
  const today = Math.floor(from / DAY_SECONDS);
  const date = civilFromDays(today);
  if (((matchingDays(cron, date.year, date.month) >>> date.day) & 1) === 1) {
    const time = firstTimeOfDay(cron, from - today * DAY_SECONDS);
    if (time !== undefined) return within(today * DAY_SECONDS + time, limit);
  }
  const day = firstDayAfter(cron, today, limit / DAY_SECONDS);
  const time = firstTimeOfDay(cron, 0);
  return day === undefined || time === undefined ? undefined : within(day * DAY_SECONDS + time, limit);
}

function within(wall: WallSeconds, limit: WallSeconds): WallSeconds | undefined {
  return wall <= limit ? wall : undefined;
}

/** The first matching second of a day at or after `from`, both counted from midnight. */
function firstTimeOfDay(cron: CronExpression, from: number): number | undefined {
  const hour = Math.floor(from / 3600);
  const minute = Math.floor(from / 60) % 60;
  const [firstSecond, firstMinute] = [cron.seconds[0], cron.minutes[0]];
  if (firstSecond === undefined || firstMinute === undefined) return undefined;
  if (cron.hours.includes(hour)) {
    const second = cron.minutes.includes(minute) ? atLeast(cron.seconds, from % 60) : undefined;
    if (second !== undefined) return hour * 3600 + minute * 60 + second;
    const later = atLeast(cron.minutes, minute + 1);
    if (later !== undefined) return hour * 3600 + later * 60 + firstSecond;
  }
  const later = atLeast(cron.hours, hour + 1);
  return later === undefined ? undefined : later * 3600 + firstMinute * 60 + firstSecond;
}

function atLeast(sorted: readonly number[], least: number): number | undefined {
  for (const value of sorted) if (value >= least) return value;
  return undefined;
}

/** The first matching day after `day` and not after `limit`, all in days since 1970-01-01. */
function firstDayAfter(cron: CronExpression, day: number, limit: number): number | undefined {
  let { year, month, day: after } = civilFromDays(day);
  for (;;) {
    // Shifted by 32 would be shifted by none, hence in two steps.
    const later = ((matchingDays(cron, year, month) >>> after) >>> 1) << 1;
    const first = daysFromCivil(year, month, 1);
    if (later !== 0) return first - 1 + after + trailingZeros(later);
    if (first > limit) return undefined;
    after = 0;
    month = month === 12 ? 1 : month + 1;
    if (month === 1) year += 1;
  }
}

function trailingZeros(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

/** The days of a month that match: bit n for day n. */
export function matchingDays(cron: CronExpression, year: number, month: number): number {
  if (!cron.months.includes(month)) return 0;
  const length = daysInMonth(year, month);
  const ofMonth = daysOfMonth(cron, length);
  const ofWeek = daysOfWeek(cron, weekdayOfDays(daysFromCivil(year, month, 1)), length);
  const all = (0xffff_ffff >>> (31 - length)) & ~1;
  return (cron.days_intersect ? ofMonth & ofWeek : ofMonth | ofWeek) & all;
}

function daysOfMonth(cron: CronExpression, length: number): number {
  let bits = cron.last_day_of_month ? bit(length) : 0;
  for (const day of cron.days_of_month) bits |= bit(day);
  return bits;
}

function daysOfWeek(cron: CronExpression, firstWeekday: number, length: number): number {
  let bits = 0;
  for (const weekday of cron.days_of_week) {
    for (let day = firstDate(weekday, firstWeekday); day <= length; day += 7) bits |= bit(day);
  }
  for (const nth of cron.nth_weekdays) bits |= bit(nthDate(nth, firstWeekday, length));
  return bits;
}

/** The first date of a month that begins on `firstWeekday` to fall on a day of the week. */
function firstDate(weekday: number, firstWeekday: number): number {
  return 1 + ((weekday - firstWeekday + 7) % 7);
}

/** The date, or 0 where the month has no such day. */
function nthDate({ weekday, nth }: NthWeekday, firstWeekday: number, length: number): number {
  const first = firstDate(weekday, firstWeekday);
  if (nth === 'LAST') return first + 7 * Math.floor((length - first) / 7);
  const date = first + 7 * (nth - 1);
  return date <= length ? date : 0;
}

function bit(position: number): number {
  return 1 << position;
}
