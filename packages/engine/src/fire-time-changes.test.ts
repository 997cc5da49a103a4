import {
  DEFAULT_CONFIG,
  resolveJobDefinition,
  type AuthoredJobDefinition,
  type JobDefinition,
  type ScheduleState,
} from '@phi/core';
import { describe, expect, it } from '@jest/globals';

import { fireTimeChanges } from './fire-time-changes.js';

const NOW = Date.parse('2026-03-08T10:30:00.000Z');

function job(
  schedule: AuthoredJobDefinition['schedule'],
  more: Partial<AuthoredJobDefinition> = {},
): JobDefinition {
  const base: AuthoredJobDefinition = { job_id: 'a', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };
  return resolveJobDefinition({ ...base, schedule, ...more }, DEFAULT_CONFIG);
}

function changesOf(
  before: JobDefinition | undefined,
  after: JobDefinition | undefined,
  state: Partial<ScheduleState> = {},
): unknown {
  const registered = { anchor_ms: NOW - 90_000, ...state } as ScheduleState;
  const states = new Map(before === undefined ? [] : [['a.schedule', registered]]);
  return fireTimeChanges([{ job_id: 'a', before, after }], states, NOW).map((change) => [
    change.timezone,
    change.before.map((time) => new Date(time).toISOString().slice(8, 16)),
    change.after.map((time) => new Date(time).toISOString().slice(8, 16)),
  ]);
}

const HOURLY = { schedule_type: 'CRON', cron_expression: '0 * * * *' } as const;
const DAILY = { schedule_type: 'CRON', cron_expression: '0 3 * * *' } as const;
const EVERY_HOUR = { schedule_type: 'INTERVAL', interval_seconds: 3600 } as const;

const HOURS = ['08T11:00', '08T12:00', '08T13:00'];
const DAYS = ['09T03:00', '10T03:00', '11T03:00'];

describe('fireTimeChanges', () => {
  it('has the next times before and after another timing', () => {
    expect(changesOf(job(HOURLY), job(DAILY))).toEqual([['UTC', HOURS, DAYS]]);
  });

  it('has none on the side where the schedule is not there or not in force', () => {
    expect(changesOf(undefined, job(DAILY))).toEqual([['UTC', [], DAYS]]);
    expect(changesOf(job(DAILY), undefined)).toEqual([['UTC', DAYS, []]]);
    expect(changesOf(job(DAILY), job(null))).toEqual([['UTC', DAYS, []]]);
    expect(changesOf(job(DAILY), job(DAILY, { enabled: false }))).toEqual([['UTC', DAYS, []]]);
  });

  it('leaves out schedules that go on as they are, an interval from what it counts from', () => {
    expect(changesOf(job(HOURLY), job(HOURLY, { timeout_seconds: 5 }))).toEqual([]);
    expect(changesOf(job(EVERY_HOUR), job(EVERY_HOUR, { timeout_seconds: 5 }))).toEqual([]);
  });

  it('counts an interval from when it was registered, and another one from now', () => {
    const later = { ...EVERY_HOUR, interval_seconds: 7200 };
    expect(changesOf(job(EVERY_HOUR), job(later))).toEqual([
      ['UTC', ['08T11:28', '08T12:28', '08T13:28'], ['08T12:30', '08T14:30', '08T16:30']],
    ]);
  });

  it('names the zone of the times after', () => {
    const berlin = { ...DAILY, timezone: 'Europe/Berlin' };
    expect(changesOf(job(DAILY), job(berlin))).toEqual([
      ['Europe/Berlin', DAYS, ['09T02:00', '10T02:00', '11T02:00']],
    ]);
  });

  it('takes a schedule under another id for another one', () => {
    const renamed = { ...DAILY, schedule_id: 'nightly' };
    expect(changesOf(job(DAILY), job(renamed))).toEqual([
      ['UTC', DAYS, []],
      ['UTC', [], DAYS],
    ]);
  });

  it('has no times of a schedule that cannot be evaluated any more', () => {
    const lost = {
      ...job(DAILY),
      schedule: { ...job(DAILY).schedule, timezone: 'Mars/Base' },
    } as JobDefinition;
    expect(changesOf(lost, job(DAILY))).toEqual([['UTC', [], DAYS]]);
  });
});
