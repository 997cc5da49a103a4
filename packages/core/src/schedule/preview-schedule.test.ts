import { describe, expect, it } from '@jest/globals';
import type { ScheduleTiming } from './schedule-timing.js';
import { previewSchedule } from './preview-schedule.js';

function preview(
  cron_expression: string,
  from: string,
  count: number,
  dst?: ScheduleTiming['dst'],
): string[] {
  const schedule: ScheduleTiming = { schedule_type: 'CRON', cron_expression, timezone: 'Europe/Berlin', dst };
  const { next } = previewSchedule(schedule, Date.parse(from), count);
  return next.map(
    ({ time_ms, note }) =>
      `${new Date(time_ms).toISOString().slice(5, 16)}${note === undefined ? '' : ` ${note}`}`,
  );
}

describe('previewSchedule', () => {
  it('says which time was moved', () => {
    expect(preview('30 2 * * *', '2026-03-28T00:00Z', 3)).toEqual([
      '03-28T01:30',
      '03-29T01:00 2026-03-29 02:30:00 does not exist in Europe/Berlin: runs at the first instant after it',
      '03-30T00:30',
    ]);
    expect(preview('0 3 * * *', '2026-03-28T12:00Z', 1)).toEqual(['03-29T01:00']);
  });

  it('says what was dropped, once', () => {
    expect(preview('*/30 * * * *', '2026-03-29T00:15Z', 3)).toEqual([
      '03-29T00:30',
      '03-29T01:00 nothing runs from 2026-03-29 02:00:00 until 03:00:00, which do not exist in Europe/Berlin',
      '03-29T01:30',
    ]);
    expect(preview('0 12 * * *', '2026-03-28T00:00Z', 2)).toEqual(['03-28T11:00', '03-29T10:00']);
  });

  it('says which pass of a time that comes twice it is', () => {
    expect(preview('30 2 * * *', '2026-10-25T00:00Z', 2)).toEqual([
      '10-25T00:30 2026-10-25 02:30:00 comes twice: this is the first pass, and it runs at the first only',
      '10-26T01:30',
    ]);
    expect(preview('30 2 * * *', '2026-10-25T00:00Z', 2, { overlap: 'BOTH' })).toEqual([
      '10-25T00:30 2026-10-25 02:30:00 comes twice: this is the first pass, and it runs at both',
      '10-25T01:30 2026-10-25 02:30:00 comes twice: this is the second pass, and it runs at both',
    ]);
  });

  it('ends where the schedule does', () => {
    const once: ScheduleTiming = { schedule_type: 'ONCE', run_at: '2026-05-01T10:00:00Z', timezone: 'UTC' };
    expect(previewSchedule(once, 0, 5)).toEqual({ next: [{ time_ms: Date.parse('2026-05-01T10:00:00Z') }] });
    expect(preview('0 0 31 2 *', '2026-01-01T00:00Z', 5)).toEqual([]);
  });

  it('marks what lies outside the execution windows of the job', () => {
    const schedule: ScheduleTiming = {
      schedule_type: 'CRON',
      cron_expression: '0 4,12 * * *',
      timezone: 'Europe/Berlin',
    };
    const job = {
      execution_windows: [{ start: '06:00', end: '22:00', days: ['SAT' as const, 'MON' as const] }],
      skip_outside_window: true,
      execution_window_timezone: null,
    };
    const notes = (setting: object): (string | undefined)[] =>
      previewSchedule(schedule, Date.parse('2026-03-27T23:00Z'), 4, { job: { ...job, ...setting } }).next.map(
        ({ note }) => note,
      );
    const outside = 'outside the execution windows:';
    // Saturday and Sunday.
    expect(notes({})).toEqual([`${outside} skipped`, undefined, `${outside} skipped`, `${outside} skipped`]);
    expect(notes({ skip_outside_window: false })).toEqual([
      `${outside} held until 2026-03-28 06:00:00 in Europe/Berlin`,
      undefined,
      `${outside} held until 2026-03-30 06:00:00 in Europe/Berlin`,
      `${outside} held until 2026-03-30 06:00:00 in Europe/Berlin`,
    ]);
    expect(notes({ skip_outside_window: false, execution_window_timezone: 'Asia/Tokyo' })).toEqual([
      undefined,
      undefined,
      `${outside} held until 2026-03-30 06:00:00 in Asia/Tokyo`,
      `${outside} held until 2026-03-30 06:00:00 in Asia/Tokyo`,
    ]);
    expect(notes({ execution_windows: [] })).toEqual([undefined, undefined, undefined, undefined]);
  });

  it('says both where there are two things to say', () => {
    const schedule: ScheduleTiming = {
      schedule_type: 'CRON',
      cron_expression: '30 2 * * *',
      timezone: 'Europe/Berlin',
    };
    const job = {
      execution_windows: [{ start: '06:00', end: '22:00', days: ['SUN' as const] }],
      skip_outside_window: true,
      execution_window_timezone: null,
    };
    const { next } = previewSchedule(schedule, Date.parse('2026-03-28T12:00Z'), 1, { job });
    expect(next[0]?.note).toMatch(
      /^2026-03-29 02:30:00 does not exist .*; outside the execution windows: skipped$/,
    );
  });

  it('says what an interval is counted from, unless it is known', () => {
    const interval: ScheduleTiming = { schedule_type: 'INTERVAL', interval_seconds: 60, timezone: 'UTC' };
    const notes = (schedule: ScheduleTiming, setting?: { anchorMs: number }): unknown[] =>
      previewSchedule(schedule, 0, 2, setting).next.map(({ time_ms, note }) => note ?? time_ms);
    expect(notes(interval)).toEqual([
      'there is no start_date: counted from 1970-01-01T00:00:00.000Z here, and from its registration once it is registered',
      120_000,
    ]);
    expect(notes(interval, { anchorMs: 7_000 })).toEqual([7_000, 67_000]);
    expect(notes({ ...interval, start_date: '1970-01-01' })).toEqual([60_000, 120_000]);
  });
});
