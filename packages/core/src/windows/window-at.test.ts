import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { ExecutionWindow } from '../schema/execution-window.js';
import { WEEKDAYS } from '../schema/execution-window.js';
import { windowAt } from './window-at.js';

const NEW_YORK = 'America/New_York';
const EVERY_DAY = [...WEEKDAYS];

const window = (start: string, end: string, days: readonly ExecutionWindow['days'][number][]) =>
  ({ start, end, days: [...days] }) satisfies ExecutionWindow;

/** `open 2026-01-05T06:00Z 2026-01-05T22:00Z`. */
function shown(windows: readonly ExecutionWindow[], timezone: string, at: string): string {
  const { open, opens_ms, closes_ms } = windowAt(windows, timezone, Date.parse(at));
  return [open ? 'open' : 'closed', ...[opens_ms, closes_ms].map(iso)].join(' ');
}

function iso(ms: number): string {
  return Number.isFinite(ms) ? new Date(ms).toISOString().replace(':00.000Z', 'Z') : String(ms);
}

describe('the hours around an instant', () => {
  const weekdays = [window('06:00', '22:00', ['MON', 'TUE', 'WED', 'THU', 'FRI'])];
  const nights = [window('22:00', '06:00', ['FRI'])];
  const weekend = [window('22:00', '24:00', ['FRI']), window('00:00', '06:00', ['SAT'])];
  const sunday = [window('18:00', '24:00', ['SUN']), window('00:00', '03:00', ['MON'])];
  const overlapping = [window('06:00', '12:00', ['MON']), window('11:00', '14:00', ['MON', 'TUE'])];

  // 2026-01-05 is a Monday.
  it.each([
    ['at the start', weekdays, '2026-01-05T06:00Z', 'open 2026-01-05T06:00Z 2026-01-05T22:00Z'],
    ['within', weekdays, '2026-01-05T21:59:59.999Z', 'open 2026-01-05T06:00Z 2026-01-05T22:00Z'],
    ['at the end', weekdays, '2026-01-05T22:00Z', 'closed 2026-01-06T06:00Z 2026-01-06T22:00Z'],
    ['before', weekdays, '2026-01-05T05:59:59.999Z', 'closed 2026-01-05T06:00Z 2026-01-05T22:00Z'],
    ['over a weekend', weekdays, '2026-01-09T22:00Z', 'closed 2026-01-12T06:00Z 2026-01-12T22:00Z'],
    ['after midnight', nights, '2026-01-10T02:00Z', 'open 2026-01-09T22:00Z 2026-01-10T06:00Z'],
    ['of one day only', nights, '2026-01-10T22:00Z', 'closed 2026-01-16T22:00Z 2026-01-17T06:00Z'],
    ['that touch', weekend, '2026-01-09T23:00Z', 'open 2026-01-09T22:00Z 2026-01-10T06:00Z'],
    ['that touch', weekend, '2026-01-10T00:00Z', 'open 2026-01-09T22:00Z 2026-01-10T06:00Z'],
    ['that touch between weeks', sunday, '2026-01-05T01:00Z', 'open 2026-01-04T18:00Z 2026-01-05T03:00Z'],
    ['that touch between weeks', sunday, '2026-01-04T20:00Z', 'open 2026-01-04T18:00Z 2026-01-05T03:00Z'],
    ['that overlap', overlapping, '2026-01-05T07:00Z', 'open 2026-01-05T06:00Z 2026-01-05T14:00Z'],
    ['that overlap', overlapping, '2026-01-05T14:00Z', 'closed 2026-01-06T11:00Z 2026-01-06T14:00Z'],
    ['before the epoch', weekdays, '1969-12-29T05:00Z', 'closed 1969-12-29T06:00Z 1969-12-29T22:00Z'],
  ])('%s: %j at %s', (_, windows, at, expected) => {
    expect(shown(windows, 'UTC', at)).toBe(expected);
  });

  it.each([
    ['no windows', []],
    ['whole days', [window('00:00', '24:00', EVERY_DAY)]],
    ['days that touch', [window('07:00', '06:59', EVERY_DAY), window('06:00', '08:00', EVERY_DAY)]],
  ])('%s are always open', (_, windows) => {
    expect(shown(windows, NEW_YORK, '2026-03-08T07:00Z')).toBe('open -Infinity Infinity');
  });

  it('are those of the zone', () => {
    expect(shown(weekdays, 'Asia/Kolkata', '2026-01-05T00:29Z')).toBe(
      'closed 2026-01-05T00:30Z 2026-01-05T16:30Z',
    );
    expect(() => windowAt(weekdays, 'Mars/Olympus', 0)).toThrow(RangeError);
  });
});

describe('daylight saving', () => {
  const daily = (start: string, end: string): ExecutionWindow[] => [window(start, end, EVERY_DAY)];

  it.each([
    [
      'a start in the gap opens right after it',
      daily('02:30', '06:00'),
      NEW_YORK,
      '2026-03-08T06:59Z',
      'closed 2026-03-08T07:00Z 2026-03-08T10:00Z',
    ],
    [
      'an end in the gap closes there',
      daily('22:00', '02:30'),
      NEW_YORK,
      '2026-03-08T06:59Z',
      'open 2026-03-08T03:00Z 2026-03-08T07:00Z',
    ],
    [
      'a window in the gap does not open',
      daily('02:10', '02:50'),
      NEW_YORK,
      '2026-03-08T06:59Z',
      'closed 2026-03-09T06:10Z 2026-03-09T06:50Z',
    ],
    [
      'windows that the gap brings together are one',
      [...daily('01:00', '02:20'), ...daily('02:40', '04:00')],
      NEW_YORK,
      '2026-03-08T06:30Z',
      'open 2026-03-08T06:00Z 2026-03-08T08:00Z',
    ],
    [
      'a repeated hour within is open twice',
      daily('00:30', '02:30'),
      NEW_YORK,
      '2026-11-01T06:30Z',
      'open 2026-11-01T04:30Z 2026-11-01T07:30Z',
    ],
    [
      'a start in the repeated hour opens at the first pass',
      daily('01:30', '06:00'),
      NEW_YORK,
      '2026-11-01T05:00Z',
      'closed 2026-11-01T05:30Z 2026-11-01T06:00Z',
    ],
    [
      'and at the second, after which it stays open',
      daily('01:30', '06:00'),
      NEW_YORK,
      '2026-11-01T06:00Z',
      'closed 2026-11-01T06:30Z 2026-11-01T11:00Z',
    ],
    [
      'an end in the repeated hour closes at the first pass',
      daily('00:30', '01:30'),
      NEW_YORK,
      '2026-11-01T05:00Z',
      'open 2026-11-01T04:30Z 2026-11-01T05:30Z',
    ],
    [
      'and for good at the second',
      daily('00:30', '01:30'),
      NEW_YORK,
      '2026-11-01T05:30Z',
      'closed 2026-11-01T06:00Z 2026-11-01T06:30Z',
    ],
    [
      'half an hour is skipped',
      daily('02:15', '04:00'),
      'Australia/Lord_Howe',
      '2026-10-03T15:00Z',
      'closed 2026-10-03T15:30Z 2026-10-03T17:00Z',
    ],
    [
      'midnight is skipped',
      daily('00:00', '06:00'),
      'America/Havana',
      '2026-03-08T04:59Z',
      'closed 2026-03-08T05:00Z 2026-03-08T10:00Z',
    ],
    [
      'midnight comes twice',
      [window('22:00', '24:00', ['SAT'])],
      'America/Sao_Paulo',
      '2018-02-18T01:30Z',
      'open 2018-02-18T00:00Z 2018-02-18T03:00Z',
    ],
    [
      'a day is skipped',
      [window('12:00', '13:00', ['FRI'])],
      'Pacific/Apia',
      '2011-12-29T00:00Z',
      'closed 2012-01-05T22:00Z 2012-01-05T23:00Z',
    ],
    [
      'a night that begins on a skipped day',
      [window('22:00', '06:00', ['FRI'])],
      'Pacific/Apia',
      '2011-12-30T09:59Z',
      'closed 2011-12-30T10:00Z 2011-12-30T16:00Z',
    ],
  ])('%s: %j in %s at %s', (_, windows, timezone, at, expected) => {
    expect(shown(windows, timezone, at)).toBe(expected);
  });
});

const clockTime = fc.integer({ min: 0, max: 95 }).map((quarter) => {
  const [hours, minutes] = [Math.floor(quarter / 4), (quarter % 4) * 15];
  return `${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`;
});
const anyWindow = fc
  .record({
    start: clockTime,
    end: fc.oneof(clockTime, fc.constant('24:00')),
    days: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }),
  })
  .filter(({ start, end }) => start !== end);

describe('any windows in any zone', () => {
  it('answer the same from anywhere in the hours and before them, and hours never touch', () => {
    fc.assert(
      fc.property(
        fc.array(anyWindow, { minLength: 1, maxLength: 4 }),
        fc.constantFrom(...Intl.supportedValuesOf('timeZone')),
        fc.integer({ min: 0, max: 2_200_000_000_000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (windows, timezone, instant, part) => {
          const hours = windowAt(windows, timezone, instant);
          if (hours.opens_ms === -Infinity) return;
          expect(hours.open).toBe(hours.opens_ms <= instant);
          expect(hours.closes_ms).toBeGreaterThan(Math.max(instant, hours.opens_ms));
          const length = hours.closes_ms - hours.opens_ms;
          const between = hours.opens_ms + Math.min(Math.floor(length * part), length - 1);
          expect(windowAt(windows, timezone, between)).toEqual({ ...hours, open: true });
          expect(windowAt(windows, timezone, hours.opens_ms - 1)).toEqual({ ...hours, open: false });
          expect(windowAt(windows, timezone, hours.closes_ms).open).toBe(false);
        },
      ),
      { numRuns: 300 },
    );
  });
});
