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
});
