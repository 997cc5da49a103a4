import { describe, expect, it } from '@jest/globals';
import { fireTimes } from './fire-times.js';
import { firingsPerSecond } from './firings-per-second.js';
import type { ScheduleTiming } from './schedule-timing.js';

const YEAR_SECONDS = 365 * 86_400;
/** The 400 years after which the calendar repeats. */
const ERA_SECONDS = 146_097 * 86_400;

const cron = (cron_expression: string, timezone = 'UTC'): ScheduleTiming => ({
  schedule_type: 'CRON',
  cron_expression,
  timezone,
});

/** How often it fires from the beginning of a year on. */
function countedFrom(schedule: ScheduleTiming, year: number, seconds: number): number {
  const start = Date.UTC(year, 0, 1) - 1;
  const { times, complete } = fireTimes(schedule, start, start + seconds * 1000, start, 1_000_000);
  expect(complete).toBe(true);
  return times.length;
}

describe('firingsPerSecond', () => {
  it.each([
    '*/5 * * * *',
    '*/7 9-17 * * *',
    '0 0,12 * 2,3 *',
    '*/15 0 3 * * *',
    '0 0 1-7 * *',
    '0 0 L * *',
    '0 0 31 2 *',
    '@yearly',
  ])('%s is what a common year counts', (expression) => {
    // An average year is a quarter of a day longer, which 0.5 % allows for.
    const counted = countedFrom(cron(expression), 2026, YEAR_SECONDS);
    const share = (firingsPerSecond(cron(expression)) * YEAR_SECONDS) / Math.max(counted, 1);
    expect(Math.abs(share - Math.sign(counted))).toBeLessThan(0.005);
  });

  it.each([
    '0 0 * * 1-5',
    '0 0 29 2 *',
    '0 0 13 * 5',
    '0 0 * * 5#5',
    '0 0 * * FRIL',
    '0 0 31 * *',
    '0 0 L 2 *',
  ])('%s is exactly what four centuries count', (expression) => {
    const counted = countedFrom(cron(expression), 2000, ERA_SECONDS);
    expect(counted).toBeGreaterThan(0);
    expect(firingsPerSecond(cron(expression)) * ERA_SECONDS).toBeCloseTo(counted, 6);
  });

  it.each(['America/New_York', 'Australia/Lord_Howe'])('is about the same in %s', (timezone) => {
    for (const expression of ['30 2 * * *', '*/10 * * * *']) {
      const counted = countedFrom(cron(expression, timezone), 2026, YEAR_SECONDS);
      const expected = firingsPerSecond(cron(expression, timezone)) * YEAR_SECONDS;
      expect(Math.abs(counted / expected - 1)).toBeLessThan(0.005);
    }
  });

  it('of every second is one', () => {
    expect(firingsPerSecond(cron('* * * * * *'))).toBeCloseTo(1, 12);
  });

  it('of an INTERVAL is one in its seconds, and of ONCE none', () => {
    const interval: ScheduleTiming = { schedule_type: 'INTERVAL', interval_seconds: 90, timezone: 'UTC' };
    expect(firingsPerSecond(interval)).toBeCloseTo(1 / 90, 12);
    expect(firingsPerSecond({ schedule_type: 'ONCE', run_at: '2026-05-01T10:00:00Z', timezone: 'UTC' })).toBe(
      0,
    );
  });

  it('refuses what registration would have refused', () => {
    expect(() => firingsPerSecond(cron('61 * * * *'))).toThrow(/minute/);
    expect(() => firingsPerSecond({ schedule_type: 'INTERVAL', timezone: 'UTC' })).toThrow(
      /interval_seconds/,
    );
  });
});
