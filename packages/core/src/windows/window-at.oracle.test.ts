import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ExecutionWindow, Weekday } from '../schema/execution-window.js';
import { shownClock } from '../testing/shown-clock.js';
import { windowAt } from './window-at.js';

/**
 * The rule, said once more and naively: every minute of some days is read off Intl's wall clock and held against each
 * window as its author wrote it. Nothing here comes from the engine.
 */
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAYS: readonly Weekday[] = ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'];

const JUMPS: readonly (readonly [string, string])[] = [
  ['America/New_York', '2026-03-08T07:00Z'],
  ['America/New_York', '2026-11-01T06:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00Z'],
  ['Pacific/Apia', '2012-03-31T14:00Z'],
  ['America/Sao_Paulo', '2018-11-04T03:00Z'],
  ['America/Sao_Paulo', '2018-02-18T02:00Z'],
  ['America/Havana', '2026-03-08T05:00Z'],
  ['America/Havana', '2026-11-01T05:00Z'],
  ['Antarctica/Troll', '2026-03-29T01:00Z'],
  ['Antarctica/Troll', '2026-10-25T01:00Z'],
  ['Asia/Pyongyang', '2018-05-04T15:00Z'],
  ['Asia/Kathmandu', '1985-12-31T18:30Z'],
  // Its first pass spans the end of one of the years that the engine caches.
  ['America/Inuvik', '1953-01-01T00:00Z'],
  ['UTC', '2024-02-29T00:00Z'],
];

/** Times near the jumps, which is where it can go wrong. */
const TIMES = [
  '00:00',
  '00:30',
  '01:00',
  '01:15',
  '01:30',
  '01:45',
  '02:00',
  '02:15',
  '02:30',
  '03:00',
].concat(['04:00', '09:00', '12:00', '22:00', '23:00', '23:30']);

const windows = fc.array(
  fc
    .record({
      start: fc.constantFrom(...TIMES),
      end: fc.constantFrom(...TIMES, '24:00'),
      days: fc.uniqueArray(fc.constantFrom(...DAYS), { minLength: 1, maxLength: 7 }),
    })
    .filter(({ start, end }) => start !== end),
  { minLength: 1, maxLength: 3 },
);

interface Minute {
  readonly instant: number;
  readonly time: string;
  readonly today: Weekday;
  readonly yesterday: Weekday;
}

function minutesBetween(timezone: string, first: number, end: number): Minute[] {
  const clock = shownClock(timezone);
  return Array.from({ length: (end - first) / MINUTE_MS }, (_, index) => {
    const instant = first + index * MINUTE_MS;
    const wall = clock(instant);
    return {
      instant,
      time: new Date(wall).toISOString().slice(11, 16),
      today: weekdayOf(wall),
      yesterday: weekdayOf(wall - DAY_MS),
    };
  });
}

function weekdayOf(wall: number): Weekday {
  return DAYS[new Date(wall).getUTCDay()] ?? 'SUN';
}

function isWithin({ start, end, days }: ExecutionWindow, { time, today, yesterday }: Minute): boolean {
  if (start < end) return days.includes(today) && start <= time && time < end;
  return (days.includes(today) && start <= time) || (days.includes(yesterday) && time < end);
}

type Hours = readonly [from: number, to: number];

/** The stretches of open minutes among all. */
function naive(all: readonly ExecutionWindow[], minutes: readonly Minute[]): Hours[] {
  const hours: Hours[] = [];
  for (const minute of minutes) {
    if (!all.some((one) => isWithin(one, minute))) continue;
    const last = hours.at(-1);
    const isNext = last !== undefined && last[1] === minute.instant;
    if (isNext) hours.pop();
    hours.push([isNext ? last[0] : minute.instant, minute.instant + MINUTE_MS]);
  }
  return hours;
}

/** The same as windowAt answers it, cut to the minutes. */
function computed(all: readonly ExecutionWindow[], timezone: string, first: number, end: number): Hours[] {
  const hours: Hours[] = [];
  for (let at = first; at < end; at = hours.at(-1)?.[1] ?? end) {
    const { opens_ms, closes_ms } = windowAt(all, timezone, at);
    if (opens_ms >= end) break;
    hours.push([Math.max(opens_ms, first), Math.min(closes_ms, end)]);
  }
  return hours;
}

describe('every minute around a jump of the clock', () => {
  it.each(JUMPS)('%s at %s', (timezone, jump) => {
    const [first, end] = [Date.parse(jump) - 2 * DAY_MS, Date.parse(jump) + 2 * DAY_MS];
    const minutes = minutesBetween(timezone, first, end);
    fc.assert(
      fc.property(windows, fc.nat({ max: minutes.length - 1 }), (all, index) => {
        const hours = naive(all, minutes);
        expect(computed(all, timezone, first, end)).toEqual(hours);
        const instant = first + index * MINUTE_MS;
        expect(windowAt(all, timezone, instant + 59_999).open).toBe(
          hours.some(([from, to]) => from <= instant && instant < to),
        );
      }),
      { numRuns: 60 },
    );
  });
});
