import { dateTime, TICK_OUTCOMES, type Schedule, type ScheduleState } from '@phi/core';
import type { ScheduledJob, Services } from '@phi/engine';
import * as z from 'zod';

import { isoTimeOrNull } from '../http/times.js';

const SCHEDULE_STATES = ['ACTIVE', 'PAUSED', 'INVALID', 'DISABLED', 'ENDED'] as const;

/** A schedule as it stands. */
export const scheduleSchema = z.strictObject({
  schedule_id: z.string(),
  job_id: z.string(),
  expression: z.string().describe('The schedule in one line.'),
  timezone: z.string(),
  state: z
    .enum(SCHEDULE_STATES)
    .describe(
      'PAUSED: its fire times are skipped. INVALID: it cannot be evaluated any more. DISABLED: its job is not enabled. ENDED: it fires no more.',
    ),
  next_time: dateTime.nullable().describe('The earliest fire time that has no outcome yet.'),
  last_time: dateTime.nullable().describe('The latest that has one.'),
  counts: z.partialRecord(z.enum(TICK_OUTCOMES), z.int()).describe('How many fire times came to what.'),
  held: z.string().nullable().describe('Why next_time, which is due, has no outcome yet: an error code.'),
  invalid: z.string().nullable().describe('Why it cannot be evaluated: an error code and what it says.'),
  hole: z.string().nullable().describe('What does not add up in its ledger.'),
});
export type ScheduleView = z.infer<typeof scheduleSchema>;

export async function viewSchedules(
  { schedules }: Services,
  jobs: readonly ScheduledJob[],
): Promise<ScheduleView[]> {
  const [states, holes] = await Promise.all([
    schedules.getMany(jobs.map(({ schedule }) => schedule.schedule_id)),
    schedules.holes(),
  ]);
  return jobs.map((job) => {
    const { schedule_id } = job.schedule;
    return viewOf(job, states.get(schedule_id), holes.get(schedule_id));
  });
}

export async function viewSchedule(services: Services, job: ScheduledJob): Promise<ScheduleView> {
  const { schedule_id } = job.schedule;
  const { schedules } = services;
  const [state, holes] = await Promise.all([schedules.get(schedule_id), schedules.holes()]);
  return viewOf(job, state, holes.get(schedule_id));
}

function viewOf(
  { schedule, definition }: ScheduledJob,
  state: ScheduleState | undefined,
  hole: string | undefined,
): ScheduleView {
  return {
    schedule_id: schedule.schedule_id,
    job_id: definition.job_id,
    expression: expressionOf(schedule),
    timezone: schedule.timezone,
    state: definition.enabled ? standing(state) : 'DISABLED',
    next_time: isoTimeOrNull(state?.next_ms),
    last_time: isoTimeOrNull(state?.last_ms),
    counts: state?.counts ?? {},
    held: state?.held ?? null,
    invalid: state?.invalid ?? null,
    hole: hole ?? null,
  };
}

function standing(state: ScheduleState | undefined): ScheduleView['state'] {
  if (state?.invalid !== undefined) return 'INVALID';
  if (state?.next_ms === undefined) return 'ENDED';
  return state.pauses.some(({ until_ms }) => until_ms === undefined) ? 'PAUSED' : 'ACTIVE';
}

/** A schedule in one line. */
export function expressionOf(schedule: Schedule): string {
  const { schedule_type, cron_expression, interval_seconds, run_at, timezone } = schedule;
  switch (schedule_type) {
    case 'CRON':
      return `${cron_expression ?? ''} ${timezone}`;
    case 'INTERVAL':
      return `every ${String(interval_seconds)} s`;
    case 'ONCE':
      return `once at ${run_at ?? ''}`;
  }
}
