import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nextFireTime } from './next-fire-time.js';
import type { ScheduleTiming } from './schedule-timing.js';

const ms = (text: string): number => Date.parse(text);

function times(schedule: ScheduleTiming, after: string, count: number, anchor = after): string[] {
  const found: number[] = [];
  while (found.length < count) {
    const next = nextFireTime(schedule, found.at(-1) ?? ms(after), ms(anchor));
    if (next === undefined) break;
    found.push(next);
  }
  return found.map((time) => new Date(time).toISOString().replace(':00.000Z', 'Z').replace('.000Z', 'Z'));
}

const daily: ScheduleTiming = { schedule_type: 'CRON', cron_expression: '@daily', timezone: 'Europe/Berlin' };

describe('CRON', () => {
  it('begins with start_date and ends with the day of end_date, in its own zone', () => {
    const schedule = {
      ...daily,
      cron_expression: '0 0,12 * * *',
      start_date: '2026-03-29',
      end_date: '2026-03-30',
    };
    expect(times(schedule, '2026-01-01T00:00Z', 9)).toEqual([
      '2026-03-28T23:00Z',
      '2026-03-29T10:00Z',
      '2026-03-29T22:00Z',
      '2026-03-30T10:00Z',
    ]);
  });

  it('treats null as not given', () => {
    const schedule = {
      ...daily,
      start_date: null,
      end_date: null,
      dst: null,
      interval_seconds: null,
      run_at: null,
    };
    expect(times(schedule, '2026-01-01T00:00Z', 1)).toEqual(['2026-01-01T23:00Z']);
  });

  it('follows its own choice at a jump of the clock', () => {
    const schedule: ScheduleTiming = { ...daily, cron_expression: '30 2 * * *', dst: { gap: 'SKIP' } };
    expect(times(schedule, '2026-03-28T12:00Z', 1)).toEqual(['2026-03-30T00:30Z']);
  });

  it('refuses what registration would have refused', () => {
    expect(() => times({ ...daily, cron_expression: '61 * * * *' }, '2026-01-01T00:00Z', 1)).toThrow(
      expect.objectContaining({ code: 'SCHED_001_INVALID_CRON', message: expect.stringContaining('minute') }),
    );
    expect(() => times({ ...daily, timezone: 'Mars/Olympus' }, '2026-01-01T00:00Z', 1)).toThrow(
      expect.objectContaining({ code: 'SCHED_002_INVALID_TIMEZONE' }),
    );
    expect(() => times({ ...daily, start_date: 'soon' }, '2026-01-01T00:00Z', 1)).toThrow(
      expect.objectContaining({ code: 'SCHED_006_EVALUATION_FAILED' }),
    );
  });
});

describe('INTERVAL', () => {
  const hourly: ScheduleTiming = {
    schedule_type: 'INTERVAL',
    interval_seconds: 3_600,
    timezone: 'America/New_York',
  };

  it('counts from the beginning of start_date, which it fires at', () => {
    const schedule = { ...hourly, interval_seconds: 25_200, start_date: '2026-03-08' };
    expect(times(schedule, '2026-01-01T00:00Z', 3)).toEqual([
      '2026-03-08T05:00Z',
      '2026-03-08T12:00Z',
      '2026-03-08T19:00Z',
    ]);
  });

  it('counts from the anchor where there is no start_date', () => {
    expect(times(hourly, '2026-01-01T00:00:07Z', 2)).toEqual([
      '2026-01-01T01:00:07Z',
      '2026-01-01T02:00:07Z',
    ]);
  });

  it('is elapsed time, whatever the wall clock does', () => {
    const schedule = { ...hourly, interval_seconds: 86_400, start_date: '2026-03-07' };
    expect(times(schedule, '2026-03-07T12:00Z', 2)).toEqual(['2026-03-08T05:00Z', '2026-03-09T05:00Z']);
  });

  it('ends with end_date', () => {
    const schedule = {
      ...hourly,
      interval_seconds: 43_200,
      start_date: '2026-01-01',
      end_date: '2026-01-01',
    };
    expect(times(schedule, '2025-01-01T00:00Z', 9)).toEqual(['2026-01-01T05:00Z', '2026-01-01T17:00Z']);
  });

  it('never drifts, and counts on from any of its fire times', () => {
    const second = fc.integer({ min: 1, max: 10_000_000 });
    const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });
    fc.assert(
      fc.property(second, instant, instant, (interval_seconds, anchor, after) => {
        const schedule = { ...hourly, interval_seconds };
        const next = nextFireTime(schedule, after, anchor) ?? NaN;
        expect(next).toBeGreaterThan(after);
        expect((next - anchor) % (interval_seconds * 1000)).toBe(0);
        expect(next === anchor || next - interval_seconds * 1000 <= after).toBe(true);
        expect(nextFireTime(schedule, next, next)).toBe(nextFireTime(schedule, next, anchor));
      }),
    );
  });

  it('refuses an interval that would never end', () => {
    expect(() => times({ ...hourly, interval_seconds: 0 }, '2026-01-01T00:00Z', 1)).toThrow(
      /interval_seconds/,
    );
  });
});

describe('ONCE', () => {
  const once: ScheduleTiming = {
    schedule_type: 'ONCE',
    run_at: '2026-05-01T10:00:00+02:00',
    timezone: 'Europe/Berlin',
  };

  it('fires once, ever', () => {
    expect(times(once, '2026-01-01T00:00Z', 5)).toEqual(['2026-05-01T08:00Z']);
    expect(times(once, '2026-05-01T08:00Z', 5)).toEqual([]);
  });

  it('does not fire outside its dates', () => {
    expect(times({ ...once, start_date: '2026-05-02' }, '2026-01-01T00:00Z', 5)).toEqual([]);
    expect(times({ ...once, end_date: '2026-04-30' }, '2026-01-01T00:00Z', 5)).toEqual([]);
    expect(
      times({ ...once, start_date: '2026-05-01', end_date: '2026-05-01' }, '2026-01-01T00:00Z', 5),
    ).toHaveLength(1);
  });

  it('refuses what is not a time', () => {
    expect(() => times({ ...once, run_at: null }, '2026-01-01T00:00Z', 1)).toThrow(/run_at/);
  });
});
