import { daysFromCivil, daysInMonth, weekdayOfDays } from './civil-time.js';
import type { CronExpression } from './cron-expression.js';
import { matchingDays } from './matching-time.js';

interface YearKind {
  /** One of them. */
  readonly year: number;
  /** How many of the years after which the calendar repeats have the same days. */
  readonly count: number;
}

/** The years after which the calendar repeats, and their days. */
const ERA_YEARS = 400;
const ERA_DAYS = 146_097;

const YEAR_KINDS = yearKinds();

/** By the day fields: few of them differ among many expressions, and counting takes a hundred times as long as looking up. */
const known = new Map<string, number>();
const KNOWN_AT_MOST = 4096;

/** The share of all days that the day fields of an expression match, 0 to 1. */
export function matchingDayShare(cron: CronExpression): number {
  const { days_of_month, last_day_of_month, months, days_of_week, nth_weekdays, days_intersect } = cron;
  const nth = nth_weekdays.map((each) => `${String(each.weekday)}#${String(each.nth)}`);
  const key = [days_of_month, last_day_of_month, months, days_of_week, nth, days_intersect].join(' ');
  const share = known.get(key) ?? countDays(cron) / ERA_DAYS;
  if (known.size >= KNOWN_AT_MOST) known.clear();
  known.set(key, share);
  return share;
}

function countDays(cron: CronExpression): number {
  let days = 0;
  for (const { year, count } of YEAR_KINDS) {
    for (const month of cron.months) days += count * size(matchingDays(cron, year, month));
  }
  return days;
}

/** Fourteen: a year begins on one of seven days, and is a leap year or not. */
function yearKinds(): readonly YearKind[] {
  const kinds = new Map<string, YearKind>();
  for (let year = 2000; year < 2000 + ERA_YEARS; year += 1) {
    const key = `${weekdayOfDays(daysFromCivil(year, 1, 1))} ${daysInMonth(year, 2)}`;
    kinds.set(key, { year, count: (kinds.get(key)?.count ?? 0) + 1 });
  }
  return [...kinds.values()];
}

function size(bits: number): number {
  let count = 0;
  for (let rest = bits; rest !== 0; rest &= rest - 1) count += 1;
  return count;
}
