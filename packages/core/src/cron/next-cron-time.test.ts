import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { CronExpression } from './cron-expression.js';
import type { DstOverride } from './daylight-saving.js';
import { HORIZON_YEARS, nextCronTime } from './next-cron-time.js';
import { parseCron } from './parse-cron.js';
import { wallAt } from './wall-clock.js';
import { isValidTimezone } from './zone-offset.js';

function read(expression: string): CronExpression {
  const parsed = parseCron(expression);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.cron;
}

/** The next times after an instant, as ISO 8601 without seconds where they are zero. */
function times(
  expression: string,
  timezone: string,
  after: string,
  count: number,
  dst?: DstOverride,
): string[] {
  const found: string[] = [];
  let instant = Date.parse(after);
  for (let index = 0; index < count; index += 1) {
    const next = nextCronTime(read(expression), { timezone, dst }, instant);
    if (next === undefined) break;
    found.push(new Date(next).toISOString().replace(':00.000Z', 'Z').replace('.000Z', 'Z'));
    instant = next;
  }
  return found;
}

describe('the calendar', () => {
  it.each([
    ['0 0 29 2 *', '2026-01-01T00:00Z', ['2028-02-29T00:00Z', '2032-02-29T00:00Z']],
    ['0 0 29 2 *', '2096-03-01T00:00Z', ['2104-02-29T00:00Z', '2108-02-29T00:00Z']],
    ['0 0 * 2 MON#5', '2072-03-01T00:00Z', ['2112-02-29T00:00Z']],
    ['0 0 31 2 *', '2026-01-01T00:00Z', []],
    ['0 0 30,31 2 *', '2026-01-01T00:00Z', []],
    ['0 0 31 * *', '2026-01-31T00:00Z', ['2026-03-31T00:00Z', '2026-05-31T00:00Z']],
    ['0 0 L * *', '2028-01-31T00:00Z', ['2028-02-29T00:00Z', '2028-03-31T00:00Z']],
    ['0 0 15,L 2 *', '2026-01-01T00:00Z', ['2026-02-15T00:00Z', '2026-02-28T00:00Z']],
    ['0 0 * * FRIL', '2026-01-01T00:00Z', ['2026-01-30T00:00Z', '2026-02-27T00:00Z']],
    ['0 0 * * 5#2,1#1', '2026-01-01T00:00Z', ['2026-01-05T00:00Z', '2026-01-09T00:00Z', '2026-02-02T00:00Z']],
    ['0 0 13 * 5', '2026-02-01T00:00Z', ['2026-02-06T00:00Z', '2026-02-13T00:00Z', '2026-02-20T00:00Z']],
    ['0 0 29 2 1', '2026-01-31T00:00Z', ['2026-02-02T00:00Z', '2026-02-09T00:00Z']],
    ['59 59 23 31 12 *', '2026-12-31T23:59:58Z', ['2026-12-31T23:59:59Z', '2027-12-31T23:59:59Z']],
    ['*/20 * * * * *', '2026-01-01T00:00:39.999Z', ['2026-01-01T00:00:40Z', '2026-01-01T00:01Z']],
    ['0 0 1 1 *', '1899-06-01T00:00Z', ['1900-01-01T00:00Z', '1901-01-01T00:00Z']],
  ])('%s after %s', (expression, after, expected) => {
    expect(times(expression, 'UTC', after, Math.max(expected.length, 1))).toEqual(expected);
  });

  it('is searched no further than the horizon', () => {
    const after = Date.parse('2072-03-01T00:00Z');
    const found = nextCronTime(read('0 0 * 2 MON#5'), { timezone: 'UTC' }, after);
    expect((found ?? 0) - after).toBeLessThan(HORIZON_YEARS * 366 * 86_400_000);
    expect(nextCronTime(read('* * * * *'), { timezone: 'UTC' }, 8.64e15)).toBeUndefined();
  });
});

describe('daylight saving', () => {
  const [NEW_YORK, LORD_HOWE] = ['America/New_York', 'Australia/Lord_Howe'];
  it.each([
    [
      'a fixed time in a gap runs right after it',
      '30 2 * * *',
      NEW_YORK,
      '2026-03-08T00:00Z',
      {},
      ['2026-03-08T07:00Z', '2026-03-09T06:30Z'],
    ],
    [
      'fixed times in a gap run once',
      '0,20,40 2 * * *',
      NEW_YORK,
      '2026-03-08T00:00Z',
      {},
      ['2026-03-08T07:00Z', '2026-03-09T06:00Z'],
    ],
    [
      'one with the time right after it too',
      '30 2,3 * * *',
      NEW_YORK,
      '2026-03-08T00:00Z',
      {},
      ['2026-03-08T07:00Z', '2026-03-08T07:30Z'],
    ],
    [
      'one that coincides runs once',
      '0 2,3 * * *',
      NEW_YORK,
      '2026-03-08T00:00Z',
      {},
      ['2026-03-08T07:00Z', '2026-03-09T06:00Z'],
    ],
    [
      'it is found from the last second before',
      '30 2 * * *',
      NEW_YORK,
      '2026-03-08T06:59:59.999Z',
      {},
      ['2026-03-08T07:00Z'],
    ],
    ['and not again after it', '30 2 * * *', NEW_YORK, '2026-03-08T07:00Z', {}, ['2026-03-09T06:30Z']],
    [
      'it can be skipped',
      '30 2 * * *',
      NEW_YORK,
      '2026-03-08T00:00Z',
      { gap: 'SKIP' },
      ['2026-03-09T06:30Z'],
    ],
    [
      'a wildcard follows the clock',
      '*/30 2 * * *',
      NEW_YORK,
      '2026-03-08T00:00Z',
      {},
      ['2026-03-09T06:00Z'],
    ],
    [
      'unless chosen otherwise',
      '*/30 2 * * *',
      NEW_YORK,
      '2026-03-08T00:00Z',
      { gap: 'AFTER' },
      ['2026-03-08T07:00Z', '2026-03-09T06:00Z'],
    ],
    [
      'a fixed time in an overlap runs at the first pass',
      '0,30 1 * * *',
      NEW_YORK,
      '2026-11-01T00:00Z',
      {},
      ['2026-11-01T05:00Z', '2026-11-01T05:30Z', '2026-11-02T06:00Z'],
    ],
    [
      'or the second',
      '0,30 1 * * *',
      NEW_YORK,
      '2026-11-01T00:00Z',
      { overlap: 'SECOND' },
      ['2026-11-01T06:00Z', '2026-11-01T06:30Z', '2026-11-02T06:00Z'],
    ],
    [
      'or both',
      '30 1 * * *',
      NEW_YORK,
      '2026-11-01T00:00Z',
      { overlap: 'BOTH' },
      ['2026-11-01T05:30Z', '2026-11-01T06:30Z', '2026-11-02T06:30Z'],
    ],
    [
      'a wildcard runs at both',
      '30 * * * *',
      NEW_YORK,
      '2026-11-01T04:45Z',
      {},
      ['2026-11-01T05:30Z', '2026-11-01T06:30Z', '2026-11-01T07:30Z'],
    ],
    [
      'unless chosen otherwise',
      '30 * * * *',
      NEW_YORK,
      '2026-11-01T04:45Z',
      { overlap: 'FIRST' },
      ['2026-11-01T05:30Z', '2026-11-01T07:30Z'],
    ],
    [
      'seconds in a gap run once',
      '*/30 30 2 * * *',
      NEW_YORK,
      '2026-03-08T00:00Z',
      {},
      ['2026-03-08T07:00Z', '2026-03-09T06:30Z'],
    ],
    [
      'seconds in an overlap run at the first pass',
      '*/30 30 1 * * *',
      NEW_YORK,
      '2026-11-01T00:00Z',
      {},
      ['2026-11-01T05:30Z', '2026-11-01T05:30:30Z', '2026-11-02T06:30Z'],
    ],
    [
      'half an hour is skipped',
      '15 2 * * *',
      LORD_HOWE,
      '2026-10-03T00:00Z',
      {},
      ['2026-10-03T15:30Z', '2026-10-04T15:15Z'],
    ],
    [
      'half an hour comes twice',
      '45 1 * * *',
      LORD_HOWE,
      '2026-04-04T00:00Z',
      {},
      ['2026-04-04T14:45Z', '2026-04-05T15:15Z'],
    ],
    [
      'midnight is skipped',
      '0 0 * * *',
      'Africa/Cairo',
      '2026-04-23T00:00Z',
      {},
      ['2026-04-23T22:00Z', '2026-04-24T21:00Z'],
    ],
    [
      'midnight is skipped',
      '0 0 * * *',
      'America/Sao_Paulo',
      '2018-11-03T12:00Z',
      {},
      ['2018-11-04T03:00Z', '2018-11-05T02:00Z'],
    ],
    [
      'a day is skipped',
      '0 12 30 * *',
      'Pacific/Apia',
      '2011-12-01T00:00Z',
      {},
      ['2011-12-30T10:00Z', '2012-01-29T22:00Z'],
    ],
  ] as const)('%s: %s in %s after %s %j', (_, expression, timezone, after, dst, expected) => {
    expect(times(expression, timezone, after, expected.length, dst)).toEqual(expected);
  });

  it('never comes for a time that is always skipped', () => {
    expect(times('30 2 * 3 0#2', 'America/New_York', '2026-01-01T00:00Z', 1, { gap: 'SKIP' })).toEqual([]);
  });
});

describe('any expression in any zone', () => {
  const expression = fc.constantFrom(
    '30 2 * * *',
    '*/20 * * * * *',
    '0 0 L * *',
    '0 */6 * * *',
    '15 1 * * 0',
    '@hourly',
    '0 12 29 2 *',
  );
  const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'));
  const instant = fc.integer({ min: 0, max: 2_200_000_000_000 });

  it('fires later, on the wall clock, and at the same time seen from anywhere before it', () => {
    fc.assert(
      fc.property(
        expression,
        zone,
        instant,
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (text, timezone, after, part) => {
          const cron = read(text);
          const found = nextCronTime(cron, { timezone, dst: { gap: 'SKIP' } }, after);
          if (found === undefined) return false;
          const wall = new Date(wallAt(timezone, found) * 1000);
          const between = after + Math.floor((found - after) * part);
          expect(found).toBeGreaterThan(after);
          expect(cron.hours).toContain(wall.getUTCHours());
          expect(cron.minutes).toContain(wall.getUTCMinutes());
          expect(cron.seconds).toContain(wall.getUTCSeconds());
          expect(nextCronTime(cron, { timezone, dst: { gap: 'SKIP' } }, between)).toBe(found);
          return true;
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('isValidTimezone', () => {
  it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5'])('takes %s', (zone) => {
    expect(isValidTimezone(zone)).toBe(true);
  });
  it.each(['', 'Mars/Olympus', '+05:00', 'Europe/Berlin ', 'UTC+1'])('refuses %j', (zone) => {
    expect(isValidTimezone(zone)).toBe(false);
    expect(() => nextCronTime(read('* * * * *'), { timezone: zone }, 0)).toThrow(RangeError);
  });
});
