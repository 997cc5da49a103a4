import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { fireTimes } from './fire-times.js';
import { nextFireTime } from './next-fire-time.js';
import type { ScheduleTiming } from './schedule-timing.js';

const DAY_MS = 86_400_000;
const ZONES = ['UTC', 'America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Africa/Cairo'];

const daily: ScheduleTiming = { schedule_type: 'CRON', cron_expression: '@daily', timezone: 'UTC' };

/** What nextFireTime answers one after another. */
function oneByOne(schedule: ScheduleTiming, after: number, until: number, anchor: number): number[] {
  const times: number[] = [];
  for (;;) {
    const next = nextFireTime(schedule, times.at(-1) ?? after, anchor);
    if (next === undefined || next > until) return times;
    times.push(next);
  }
}

/** 2025-01-01 to 2027-12-31. */
const date = fc
  .integer({ min: 20_089, max: 21_183 })
  .map((days) => new Date(days * DAY_MS).toISOString().slice(0, 10));
const dates = fc.record({
  timezone: fc.constantFrom(...ZONES),
  start_date: fc.option(date),
  end_date: fc.option(date),
});
const schedules = fc.oneof(
  fc
    .tuple(
      dates,
      fc.constantFrom(
        '30 2 * * *',
        '*/20 * * * *',
        '*/30 0 1 * * *',
        '0 0 L * *',
        '0 12 29 2 *',
        '0 0 31 2 *',
      ),
      fc.record({
        gap: fc.constantFrom('AFTER', 'SKIP', null),
        overlap: fc.constantFrom('FIRST', 'SECOND', 'BOTH', null),
      }),
    )
    .map(([common, cron_expression, dst]): ScheduleTiming => ({
      ...common,
      schedule_type: 'CRON',
      cron_expression,
      dst,
    })),
  fc
    .tuple(dates, fc.integer({ min: 60, max: 1_000_000 }))
    .map(([common, interval_seconds]): ScheduleTiming => ({
      ...common,
      schedule_type: 'INTERVAL',
      interval_seconds,
    })),
  fc.tuple(dates, date).map(([common, day]): ScheduleTiming => ({
    ...common,
    schedule_type: 'ONCE',
    run_at: `${day}T12:00:00+01:00`,
  })),
);

describe('fireTimes', () => {
  it('are after the first instant and up to the second', () => {
    const day = (number: number): number => Date.UTC(2026, 0, number);
    expect(fireTimes(daily, day(1), day(3), 0, 9)).toEqual({ times: [day(2), day(3)], complete: true });
    expect(fireTimes(daily, day(1) - 1, day(2) - 1, 0, 9)).toEqual({ times: [day(1)], complete: true });
    expect(fireTimes(daily, day(2), day(1), 0, 9)).toEqual({ times: [], complete: true });
  });

  it('say if there are more than so many', () => {
    const [from, to] = [Date.UTC(2026, 0, 1), Date.UTC(2026, 0, 4)];
    expect(fireTimes(daily, from, to, 0, 3)).toMatchObject({ complete: true });
    expect(fireTimes(daily, from, to, 0, 2)).toEqual({
      times: [Date.UTC(2026, 0, 2), Date.UTC(2026, 0, 3)],
      complete: false,
    });
    expect(fireTimes(daily, from, to, 0, 0)).toEqual({ times: [], complete: false });
    expect(fireTimes(daily, from, from, 0, 0)).toEqual({ times: [], complete: true });
  });

  it('are what nextFireTime answers one after another', () => {
    fc.assert(
      fc.property(
        schedules,
        fc.integer({ min: Date.UTC(2025, 0, 1), max: Date.UTC(2027, 11, 31) }),
        fc.integer({ min: 0, max: 20 * DAY_MS }),
        fc.integer({ min: -DAY_MS, max: DAY_MS }),
        fc.nat({ max: 100 }),
        (schedule, after, length, anchorBy, atMost) => {
          const [until, anchor] = [after + length, after + anchorBy];
          const all = oneByOne(schedule, after, until, anchor);
          expect(fireTimes(schedule, after, until, anchor, atMost)).toEqual({
            times: all.slice(0, atMost),
            complete: all.length <= atMost,
          });
        },
      ),
      { numRuns: 300 },
    );
  });

  it('refuse what nextFireTime refuses', () => {
    expect(() => fireTimes({ ...daily, timezone: 'Mars/Olympus' }, 0, 1, 0, 1)).toThrow(/Mars/);
    expect(() => fireTimes({ ...daily, schedule_type: 'INTERVAL' }, 0, 1, 0, 1)).toThrow(/interval_seconds/);
  });
});
