import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextCronTime } from './next-cron-time.js';
import { parseCron } from './parse-cron.js';

/**
 * The contract, said once more and naively: every half minute around a jump is read off Intl's wall clock, and the rules
 * of Vixie cron are applied to what it shows. Nothing here comes from the engine.
 */
const STEP_MS = 30_000;
const DAY_MS = 86_400_000;

interface Field {
  readonly text: string;
  readonly values: readonly number[];
  readonly wild?: true;
}

interface Shown {
  readonly instant: number;
  /** The wall clock as if it were UTC. */
  readonly wall: number;
  readonly seenBefore: boolean;
  readonly comesAgain: boolean;
  /** Half minutes that the clock jumped over to get here. */
  readonly missing: readonly number[];
}

const range = (from: number, to: number, step = 1): number[] =>
  Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);

const field = (text: string, values: number[], wild?: true): Field => ({
  text,
  values,
  ...(wild && { wild }),
});

const SECONDS = [field('0', [0]), field('30', [30]), field('*/30', [0, 30]), field('0,30', [0, 30])];
const MINUTES = [
  field('*', range(0, 59), true),
  field('*/15', range(0, 59, 15), true),
  field('0/20', range(0, 59, 20), true),
  field('0', [0]),
  field('1', [1]),
  field('45', [45]),
  field('0,30', [0, 30]),
  field('10-40/10', [10, 20, 30, 40]),
  field('0-59/20', [0, 20, 40]),
];
const HOURS = [
  field('*', range(0, 23), true),
  field('*/2', range(0, 23, 2), true),
  ...[0, 1, 2, 3, 12, 23].map((hour) => field(String(hour), [hour])),
  field('1,2', [1, 2]),
  field('0-3', [0, 1, 2, 3]),
  field('0-23', range(0, 23)),
  field('22-23', [22, 23]),
  field('1-5/2', [1, 3, 5]),
];
const DAYS = [
  field('*', range(1, 31)),
  field('1-15', range(1, 15)),
  field('*/2', range(1, 31, 2)),
  field('8,25,29', [8, 25, 29]),
];
const WEEKDAYS = [
  field('*', range(0, 6)),
  field('0', [0]),
  field('FRI-SUN', [0, 5, 6]),
  field('1-5', range(1, 5)),
];

const JUMPS: readonly (readonly [string, string])[] = [
  ['America/New_York', '2026-03-08T07:00Z'],
  ['America/New_York', '2026-11-01T06:00Z'],
  ['Europe/Berlin', '2026-03-29T01:00Z'],
  ['Europe/Berlin', '2026-10-25T01:00Z'],
  ['Europe/Dublin', '2026-10-25T01:00Z'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z'],
  ['America/Sao_Paulo', '2018-11-04T03:00Z'],
  ['America/Sao_Paulo', '2018-02-18T02:00Z'],
  ['Africa/Cairo', '2026-04-23T22:00Z'],
  ['Africa/Cairo', '2026-10-29T21:00Z'],
  ['Asia/Beirut', '2026-03-28T22:00Z'],
  ['Asia/Beirut', '2026-10-24T21:00Z'],
  ['Pacific/Apia', '2011-12-30T10:00Z'],
  ['Pacific/Apia', '2012-03-31T14:00Z'],
  ['America/St_Johns', '2010-03-14T03:31Z'],
  ['America/St_Johns', '2010-11-07T02:31Z'],
  ['Africa/Casablanca', '2026-02-15T02:00Z'],
  ['America/Havana', '2026-03-08T05:00Z'],
  ['America/Havana', '2026-11-01T05:00Z'],
  ['America/Nuuk', '2026-03-29T01:00Z'],
  ['Antarctica/Troll', '2026-03-29T01:00Z'],
  ['Antarctica/Troll', '2026-10-25T01:00Z'],
  ['Asia/Pyongyang', '2015-08-14T15:00Z'],
  ['Asia/Pyongyang', '2018-05-04T15:00Z'],
  ['Asia/Kathmandu', '1985-12-31T18:30Z'],
  // Its first pass spans the end of one of the years that the engine caches.
  ['America/Inuvik', '1953-01-01T00:00Z'],
  ['Asia/Kolkata', '2026-03-29T01:00Z'],
  ['UTC', '2024-02-29T00:00Z'],
];

const expressions = fc.record({
  second: fc.constantFrom(...SECONDS),
  minute: fc.constantFrom(...MINUTES),
  hour: fc.constantFrom(...HOURS),
  day: fc.constantFrom(...DAYS),
  weekday: fc.constantFrom(...WEEKDAYS),
  gap: fc.constantFrom(undefined, undefined, 'AFTER' as const, 'SKIP' as const),
  overlap: fc.constantFrom(undefined, undefined, 'FIRST' as const, 'SECOND' as const, 'BOTH' as const),
});
type Expression = typeof expressions extends fc.Arbitrary<infer Value> ? Value : never;

function walk(timezone: string, start: number, end: number): Shown[] {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'medium',
  });
  const walls = range(start, end, STEP_MS).map((instant) => {
    const [day, month, year, hour, minute, second] = (clock.format(instant).match(/\d+/g) ?? []).map(Number);
    return Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  });
  const last = new Map(walls.map((wall, index) => [wall, index]));
  const first = new Map(walls.map((wall, index) => [wall, index] as const).reverse());
  return walls.map((wall, index) => ({
    instant: start + index * STEP_MS,
    wall,
    seenBefore: first.get(wall) !== index,
    comesAgain: last.get(wall) !== index,
    missing: index === 0 ? [] : range((walls[index - 1] ?? wall) + STEP_MS, wall - STEP_MS, STEP_MS),
  }));
}

const dates = new Map<number, Date>();

function dateOf(wall: number): Date {
  const date = dates.get(wall) ?? new Date(wall);
  dates.set(wall, date);
  return date;
}

function matches({ second, minute, hour, day, weekday }: Expression, wall: number): boolean {
  const date = dateOf(wall);
  if (!second.values.includes(date.getUTCSeconds())) return false;
  if (!minute.values.includes(date.getUTCMinutes())) return false;
  if (!hour.values.includes(date.getUTCHours())) return false;
  const byDay = day.values.includes(date.getUTCDate());
  const byWeekday = weekday.values.includes(date.getUTCDay());
  const either = day.text !== '*' && weekday.text !== '*';
  return either ? byDay || byWeekday : byDay && byWeekday;
}

function naive(expression: Expression, shown: readonly Shown[]): number[] {
  const fixed = !expression.minute.wild && !expression.hour.wild;
  const gap = expression.gap ?? (fixed ? 'AFTER' : 'SKIP');
  const overlap = expression.overlap ?? (fixed ? 'FIRST' : 'BOTH');
  return shown
    .filter(({ wall, seenBefore, comesAgain, missing }) => {
      if (gap === 'AFTER' && missing.some((jumped) => matches(expression, jumped))) return true;
      const chosen = overlap === 'BOTH' || (overlap === 'FIRST' ? !seenBefore : !comesAgain);
      return chosen && matches(expression, wall);
    })
    .map(({ instant }) => instant);
}

function computed(expression: Expression, timezone: string, start: number, end: number): number[] {
  const { second, minute, hour, day, weekday, gap, overlap } = expression;
  const parsed = parseCron([second.text, minute.text, hour.text, day.text, '*', weekday.text].join(' '));
  if (!parsed.ok) throw new Error(`${parsed.field}: ${parsed.reason}`);
  const found: number[] = [];
  for (;;) {
    const next = nextCronTime(parsed.cron, { timezone, dst: { gap, overlap } }, found.at(-1) ?? start - 1);
    if (next === undefined || next > end) return found;
    found.push(next);
  }
}

describe('every half minute around a jump of the clock', () => {
  it.each(JUMPS)('%s at %s', (timezone, jump) => {
    const at = Date.parse(jump);
    const [start, end] = [at - 1.5 * DAY_MS, at + 1.5 * DAY_MS];
    const shown = walk(timezone, start, end);
    fc.assert(
      fc.property(expressions, (expression) => {
        expect(computed(expression, timezone, start, end)).toEqual(naive(expression, shown));
      }),
      { numRuns: 40 },
    );
  });

  it('really has jumps to look at', () => {
    const still = JUMPS.filter(([timezone, jump]) => {
      const at = Date.parse(jump);
      return walk(timezone, at - 4 * 3_600_000, at + 4 * 3_600_000).every(
        (one) => !one.seenBefore && one.missing.length === 0,
      );
    });
    expect(still.map(([timezone]) => timezone)).toEqual(['Asia/Kolkata', 'UTC']);
  });
});
