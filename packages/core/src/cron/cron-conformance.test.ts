import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { oracleTimes } from '../testing/cron-oracle.js';
import { nextCronTime } from './next-cron-time.js';
import { parseCron } from './parse-cron.js';

interface Case {
  readonly expression: string;
  readonly timezone: string;
  readonly after: string;
  readonly gap?: 'AFTER' | 'SKIP' | undefined;
  readonly overlap?: 'FIRST' | 'SECOND' | 'BOTH' | undefined;
}

type Row = readonly [name: string, expression: string, timezone: string, after: string];
type JumpRow = readonly [timezone: string, jump: string, hour: number, minutes: string];
type ChoiceRow = readonly [name: string, expression: string, choice?: Pick<Case, 'gap' | 'overlap'>];

const HOUR_MS = 3_600_000;
const COUNT = 8;

/** The hour that is skipped, and the minutes of it that are. */
const GAPS: readonly JumpRow[] = [
  ['America/New_York', '2026-03-08T07:00Z', 2, '00-59'],
  ['Europe/Berlin', '2026-03-29T01:00Z', 2, '00-59'],
  ['Europe/London', '2026-03-29T01:00Z', 1, '00-59'],
  ['Australia/Sydney', '2026-10-03T16:00Z', 2, '00-59'],
  ['Australia/Lord_Howe', '2026-10-03T15:30Z', 2, '00-29'],
  ['Pacific/Chatham', '2026-09-26T14:00Z', 3, '00-44'],
  ['America/Sao_Paulo', '2018-11-04T03:00Z', 0, '00-59'],
  ['America/Santiago', '2026-09-06T04:00Z', 0, '00-59'],
  ['Africa/Cairo', '2026-04-23T22:00Z', 0, '00-59'],
  ['Asia/Tehran', '2021-03-21T20:30Z', 0, '00-59'],
  ['America/Nuuk', '2026-03-29T01:00Z', 23, '00-59'],
  ['Antarctica/Troll', '2026-03-29T01:00Z', 1, '00-59'],
  ['America/Caracas', '2016-05-01T07:00Z', 2, '30-59'],
  ['Pacific/Apia', '2011-12-30T10:00Z', 12, '00-59'],
  ['Pacific/Kiritimati', '1994-12-31T10:00Z', 12, '00-59'],
  ['Africa/Monrovia', '1972-01-07T00:44:30Z', 0, '00-43'],
];

const AT_A_GAP: readonly ChoiceRow[] = [
  ['one time in it', 'M H * * *'],
  ['the times around it', '0 * * * *'],
  ['several times in it', 'M-59/5 H * * *'],
  ['seconds in it', '*/20 M H * * *'],
  ['every so many minutes', '*/20 * * * *'],
  ['every so many minutes of its hour', '*/10 H * * *'],
  ['every other hour', 'M */2 * * *'],
  ['one time, skipped by choice', 'M H * * *', { gap: 'SKIP' }],
  ['a wildcard, run by choice', '*/10 H * * *', { gap: 'AFTER' }],
];

/** The hour that comes twice, and the minutes of it that do. */
const OVERLAPS: readonly JumpRow[] = [
  ['America/New_York', '2026-11-01T06:00Z', 1, '00-59'],
  ['Europe/Berlin', '2026-10-25T01:00Z', 2, '00-59'],
  ['Europe/Dublin', '2026-10-25T01:00Z', 1, '00-59'],
  ['Australia/Sydney', '2026-04-04T16:00Z', 2, '00-59'],
  ['Australia/Lord_Howe', '2026-04-04T15:00Z', 1, '30-59'],
  ['Pacific/Chatham', '2026-04-04T14:00Z', 3, '00-44'],
  ['America/Sao_Paulo', '2018-02-18T02:00Z', 23, '00-59'],
  ['America/Havana', '2026-11-01T05:00Z', 0, '00-59'],
  ['Africa/Casablanca', '2026-02-15T02:00Z', 2, '00-59'],
  ['America/Nuuk', '2026-10-25T01:00Z', 23, '00-59'],
  ['Antarctica/Troll', '2026-10-25T01:00Z', 1, '00-59'],
  ['Asia/Pyongyang', '2015-08-14T15:00Z', 23, '30-59'],
  ['America/St_Johns', '2010-11-07T02:31Z', 23, '01-59'],
];

const AT_AN_OVERLAP: readonly ChoiceRow[] = [
  ['one time in it', 'M H * * *'],
  ['the times around it', '0 * * * *'],
  ['several times in it', 'M-59/5 H * * *'],
  ['seconds in it', '*/20 M H * * *'],
  ['every so many minutes', '*/20 * * * *'],
  ['every so many minutes of its hour', '*/10 H * * *'],
  ['one time, at the second pass by choice', 'M H * * *', { overlap: 'SECOND' }],
  ['one time, at both by choice', 'M H * * *', { overlap: 'BOTH' }],
  ['a wildcard, at the first pass by choice', '*/10 * * * *', { overlap: 'FIRST' }],
  ['a wildcard, at the second pass by choice', '*/10 * * * *', { overlap: 'SECOND' }],
];

const CALENDAR: readonly Row[] = [
  ['a leap day', '0 0 29 2 *', 'UTC', '2026-01-01T00:00Z'],
  ['a leap day on another wall clock', '0 0 29 2 *', 'Asia/Tokyo', '2027-12-31T00:00Z'],
  ['no leap day in 2100', '0 0 29 2 *', 'UTC', '2096-01-01T00:00Z'],
  ['no leap day in 1900', '0 12 29 2 *', 'Europe/London', '1896-03-01T00:00Z'],
  ['a leap day in 2000', '0 0 29 2 *', 'America/New_York', '1996-03-01T00:00Z'],
  ['a leap day on a Monday', '0 0 29 2 */7', 'UTC', '2026-01-01T00:00Z'],
  ['the day after a leap day', '0 0 1 3 *', 'UTC', '2028-02-28T00:00Z'],
  ['the 30th, which February lacks', '0 0 30 * *', 'Europe/Berlin', '2026-01-29T00:00Z'],
  ['the 31st, which five months lack', '0 0 31 * *', 'Asia/Kolkata', '2026-01-30T00:00Z'],
  ['the last day', '0 0 L * *', 'UTC', '2026-01-30T00:00Z'],
  ['the last day of a leap February', '0 0 L 2 *', 'UTC', '2026-01-01T00:00Z'],
  ['the last day at a day change of the zone', '30 23 L * *', 'Pacific/Apia', '2011-11-01T00:00Z'],
  ['the last day or the 15th', '0 6 15,L * *', 'America/Sao_Paulo', '2026-01-01T00:00Z'],
  ['the last day or Mondays', '0 6 L * MON', 'Europe/Berlin', '2026-01-20T00:00Z'],
  ['the second Friday', '0 9 * * 5#2', 'America/New_York', '2026-01-01T00:00Z'],
  ['the first Sunday, where clocks jump', '30 2 * * SUN#1', 'Australia/Sydney', '2026-03-20T00:00Z'],
  ['the second Sunday, where clocks jump', '30 2 * * 0#2', 'America/New_York', '2026-01-01T00:00Z'],
  ['the last Sunday, where clocks jump', '30 2 * * SUNL', 'Europe/Berlin', '2026-02-01T00:00Z'],
  ['the fifth Wednesday', '0 0 * * WED#5', 'UTC', '2026-01-01T00:00Z'],
  ['the fifth Monday of February', '0 0 * 2 MON#5', 'UTC', '2026-01-01T00:00Z'],
  ['the last Friday', '0 18 * * FRIL', 'Asia/Kolkata', '2026-01-01T00:00Z'],
  ['the last Friday, by number', '0 18 * * 5L', 'Asia/Kolkata', '2026-01-01T00:00Z'],
  ['the last Saturday or the first Monday', '0 0 * * 6L,1#1', 'UTC', '2026-01-01T00:00Z'],
  ['the third Thursday or the 1st', '0 0 1 * 4#3', 'UTC', '2026-01-01T00:00Z'],
  ['Friday the 13th is a union', '0 0 13 * 5', 'UTC', '2026-01-01T00:00Z'],
  ['a union with ranges', '0 0 1-3 * SAT,SUN', 'Europe/London', '2026-01-30T00:00Z'],
  ['a union with a step', '0 0 */10 * MON', 'UTC', '2026-01-01T00:00Z'],
  ['a union where every day is listed', '0 0 1-31 * MON', 'UTC', '2026-01-01T00:00Z'],
  ['a union within one month', '0 0 31 2 TUE', 'UTC', '2026-01-01T00:00Z'],
  ['no union with an open day of month', '0 0 * * MON', 'UTC', '2026-01-01T00:00Z'],
  ['no union with an open day of week', '0 0 13 * *', 'UTC', '2026-01-01T00:00Z'],
  ['no union with a step of one', '0 0 */1 * MON', 'UTC', '2026-01-01T00:00Z'],
  ['Sunday as 0', '0 0 * * 0', 'Asia/Tokyo', '2026-01-01T00:00Z'],
  ['Sunday as 7', '0 0 * * 7', 'Asia/Tokyo', '2026-01-01T00:00Z'],
  ['a week that ends with Sunday', '0 0 * * FRI-SUN', 'UTC', '2026-01-01T00:00Z'],
  ['a week that ends with 7', '0 0 * * 5-7', 'UTC', '2026-01-01T00:00Z'],
  ['a whole week from Sunday to Sunday', '0 0 * * 0-7', 'UTC', '2026-01-01T00:00Z'],
  ['the turn of a year', '59 59 23 31 12 *', 'Pacific/Auckland', '2026-12-30T00:00Z'],
  ['the turn of a century', '0 0 1 1 *', 'UTC', '2098-06-01T00:00Z'],
  ['the first day of a quarter', '0 0 1 */3 *', 'America/New_York', '2026-01-15T00:00Z'],
  ['months by name', '0 0 1 JAN,JUL *', 'UTC', '2026-01-15T00:00Z'],
  ['a range of months by name', '0 0 15 NOV-DEC *', 'UTC', '2026-01-15T00:00Z'],
  ['a day in every other month', '0 0 15 2/2 *', 'UTC', '2026-01-15T00:00Z'],
  ['the distant past', '0 0 1 1 *', 'America/New_York', '1890-06-01T00:00Z'],
  ['the distant future', '30 2 * 3 SUN#2', 'America/New_York', '2090-01-01T00:00Z'],
];

const FORMS: readonly Row[] = [
  ['every minute', '* * * * *', 'Asia/Kathmandu', '2026-05-05T05:05:05Z'],
  ['every second of some minutes', '* 44-45 5 * * *', 'Asia/Kathmandu', '2026-05-04T23:59:57Z'],
  ['every quarter of an hour', '0 */15 * * * *', 'UTC', '2026-05-05T23:44Z'],
  ['a step that does not divide the hour', '*/7 * * * *', 'UTC', '2026-05-05T23:50Z'],
  ['a step that does not divide the day', '0 */5 * * *', 'Asia/Tokyo', '2026-05-05T00:00Z'],
  ['a step that does not divide the minute', '*/25 * * * * *', 'UTC', '2026-05-05T23:59:40Z'],
  ['a step from a number', '5/20 * * * *', 'UTC', '2026-05-05T23:50Z'],
  ['a step from the first number', '0/20 * * * *', 'UTC', '2026-05-05T23:50Z'],
  ['a step within a range', '10-40/15 8 * * *', 'Europe/Berlin', '2026-05-05T00:00Z'],
  ['a step larger than its range', '10-20/30 8 * * *', 'Europe/Berlin', '2026-05-05T00:00Z'],
  ['a range of one', '5-5 3-3 * * *', 'UTC', '2026-05-05T00:00Z'],
  ['a list out of order', '45,5,25 3,1 * * *', 'UTC', '2026-05-05T00:00Z'],
  ['a list with repetitions', '5,5,0-10/5 1 * * *', 'UTC', '2026-05-05T00:00Z'],
  ['a list of ranges', '0 8-10,14-15 * * *', 'America/Sao_Paulo', '2026-05-05T00:00Z'],
  ['working hours', '*/30 9-16 * * MON-FRI', 'America/New_York', '2026-05-08T19:00Z'],
  ['leading zeros', '05 04 03 * *', 'UTC', '2026-05-05T00:00Z'],
  ['names in lower case', '0 0 * may-jun tue', 'UTC', '2026-05-05T00:00Z'],
  ['spaces of all kinds', ' 0  12\t* * * ', 'UTC', '2026-05-05T00:00Z'],
  ['days by a stepped range', '0 0 1-15/7 * *', 'UTC', '2026-05-05T00:00Z'],
  ['weekdays by a step', '0 0 * * */2', 'UTC', '2026-05-05T00:00Z'],
  ['weekdays by a step from a number', '0 0 * * 1/2', 'UTC', '2026-05-05T00:00Z'],
  ['weekdays by a stepped range', '0 0 * * MON-FRI/2', 'UTC', '2026-05-05T00:00Z'],
  ['seconds in a list', '0,7,59 30 12 * * *', 'Asia/Tokyo', '2026-05-05T00:00Z'],
  ['seconds in a range', '58-59 59 23 * * *', 'UTC', '2026-05-05T00:00Z'],
  ['@yearly', '@yearly', 'Africa/Cairo', '2026-05-05T00:00Z'],
  ['@annually', '@annually', 'Europe/London', '2026-05-05T00:00Z'],
  ['@monthly', '@monthly', 'America/Havana', '2026-05-05T00:00Z'],
  ['@weekly', '@weekly', 'Asia/Tehran', '2020-03-01T00:00Z'],
  ['@daily', '@daily', 'America/Sao_Paulo', '2018-11-01T00:00Z'],
  ['@midnight', '@midnight', 'Africa/Cairo', '2026-04-20T00:00Z'],
  ['@hourly', '@hourly', 'Asia/Kolkata', '2026-05-05T00:00Z'],
  ['@Daily in any case', '@Daily', 'Australia/Lord_Howe', '2026-10-01T00:00Z'],
];

function atJumps(jumps: readonly JumpRow[], rows: readonly ChoiceRow[]): (readonly [string, Case])[] {
  return jumps.flatMap(([timezone, jump, hour, minutes]) =>
    rows.map(([name, template, choice]) => {
      const first = Number(minutes.slice(0, 2));
      const expression = template.replace('H', String(hour)).replace('M', String(first + 10));
      const after = new Date(Date.parse(jump) - 2.5 * HOUR_MS).toISOString();
      return [name, { expression, timezone, after, ...choice }] as const;
    }),
  );
}

const fromRows = (rows: readonly Row[]): (readonly [string, Case])[] =>
  rows.map(([name, expression, timezone, after]) => [name, { expression, timezone, after }]);

const CASES: readonly (readonly [string, readonly (readonly [string, Case])[]])[] = [
  ['at a gap', atJumps(GAPS, AT_A_GAP)],
  ['at an overlap', atJumps(OVERLAPS, AT_AN_OVERLAP)],
  ['the calendar', fromRows(CALENDAR)],
  ['forms of writing', fromRows(FORMS)],
];

/** What the engine answers, one time after another. */
function engineTimes({ expression, timezone, after, gap, overlap }: Case, count: number): string[] {
  const parsed = parseCron(expression);
  if (!parsed.ok) throw new Error(`${expression}: ${parsed.field}: ${parsed.reason}`);
  const found: number[] = [];
  while (found.length < count) {
    const last = found.at(-1) ?? Date.parse(after);
    const next = nextCronTime(parsed.cron, { timezone, dst: { gap, overlap } }, last);
    if (next === undefined) break;
    found.push(next);
  }
  return found.map(iso);
}

function expectedTimes(one: Case, count: number): string[] {
  return oracleTimes({ ...one, after: Date.parse(one.after), count }).map(iso);
}

function iso(instant: number): string {
  return new Date(instant).toISOString();
}

describe.each(CASES)('%s', (_, cases) => {
  it.each(cases.map(([name, one]) => [name, one.expression, one.timezone, one.after, one] as const))(
    '%s: %s in %s after %s',
    (_name, _expression, _timezone, _after, one) => {
      const expected = expectedTimes(one, COUNT);
      expect(expected.length).toBeGreaterThan(0);
      expect(engineTimes(one, expected.length)).toEqual(expected);
    },
  );
});

describe('the suite', () => {
  const all = CASES.flatMap(([, cases]) => cases.map(([, one]) => one));

  it('has cases enough', () => {
    expect(all.length).toBeGreaterThanOrEqual(200);
    expect(new Set(all.map(({ timezone }) => timezone)).size).toBeGreaterThanOrEqual(12);
    expect(new Set(all.map((one) => JSON.stringify(one))).size).toBe(all.length);
  });

  it('has jumps at which the choices differ', () => {
    const differs = (one: Case, a: Partial<Case>, b: Partial<Case>): boolean =>
      expectedTimes({ ...one, ...a }, 3).join() !== expectedTimes({ ...one, ...b }, 3).join();
    const first = (jumps: readonly JumpRow[]): Case[] =>
      atJumps(jumps, [['', 'M H * * *']]).map(([, one]) => one);
    expect(first(GAPS).filter((one) => !differs(one, { gap: 'AFTER' }, { gap: 'SKIP' }))).toEqual([]);
    expect(
      first(OVERLAPS).filter((one) => !differs(one, { overlap: 'FIRST' }, { overlap: 'SECOND' })),
    ).toEqual([]);
  });

  it.each([
    ['30 2 * * *', 'America/New_York', '2026-03-08T00:00Z', ['2026-03-08T07:00Z', '2026-03-09T06:30Z']],
    ['*/30 2 * * *', 'America/New_York', '2026-03-08T00:00Z', ['2026-03-09T06:00Z', '2026-03-09T06:30Z']],
    ['30 1 * * *', 'America/New_York', '2026-11-01T00:00Z', ['2026-11-01T05:30Z', '2026-11-02T06:30Z']],
    ['30 * * * *', 'America/New_York', '2026-11-01T05:00Z', ['2026-11-01T05:30Z', '2026-11-01T06:30Z']],
    ['15 2 * * *', 'Australia/Lord_Howe', '2026-10-03T00:00Z', ['2026-10-03T15:30Z', '2026-10-04T15:15Z']],
    ['0 0 L 2 *', 'UTC', '2027-03-01T00:00Z', ['2028-02-29T00:00Z', '2029-02-28T00:00Z']],
  ])('has an oracle that knows %s in %s after %s', (expression, timezone, after, expected) => {
    const times = expectedTimes({ expression, timezone, after }, expected.length);
    expect(times.map((time) => time.replace(':00.000Z', 'Z'))).toEqual(expected);
  });
});

describe('any expression', () => {
  const item = (min: number, max: number): fc.Arbitrary<string> =>
    fc.oneof(
      fc.constant('*'),
      fc.integer({ min, max }).map(String),
      fc.integer({ min: 2, max: 7 }).map((step) => `*/${step}`),
      fc
        .tuple(fc.integer({ min, max }), fc.integer({ min, max }))
        .map(([a, b]) => `${Math.min(a, b)}-${Math.max(a, b)}`),
    );
  const field = (min: number, max: number): fc.Arbitrary<string> =>
    fc.array(item(min, max), { minLength: 1, maxLength: 3 }).map((items) => items.join(','));
  const expressions = fc
    .tuple(
      fc.constantFrom('0', '0', '30', '*/15'),
      field(0, 59),
      field(0, 23),
      fc.oneof(fc.constant('*'), fc.constant('L'), field(1, 28)),
      fc.oneof(fc.constant('*'), field(1, 12)),
      fc.oneof(fc.constant('*'), fc.constantFrom('1#1', '0L', 'MON-FRI', '6,7'), field(0, 6)),
    )
    .map((fields) => fields.join(' '));
  const jump = fc.constantFrom(...GAPS, ...OVERLAPS);

  it('next fires later, and nothing that matches lies between', () => {
    fc.assert(
      fc.property(
        expressions,
        jump,
        fc.integer({ min: -172_800, max: 86_400 }),
        (expression, [timezone, at], seconds) => {
          const one: Case = { expression, timezone, after: iso(Date.parse(at) + seconds * 1000) };
          const [next = ''] = engineTimes(one, 1);
          expect(Date.parse(next)).toBeGreaterThan(Date.parse(one.after));
          expect([next]).toEqual(expectedTimes(one, 1));
        },
      ),
      { numRuns: 200 },
    );
  });
});
