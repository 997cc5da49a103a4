import {
  dateTime,
  nextFireTime,
  previewSchedule as preview,
  type PreviewedTime,
  type Schedule,
} from '@phi/core';
import type { ScheduledJob, Services } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { isoTime } from '../http/times.js';
import { findSchedule, scheduleParams } from './schedule-params.js';
import { schedulingProblem } from './schedule-problem.js';

const TIMES_AT_MOST = 1000;
const TIMES_DEFAULT = 5;
/** Later times have no year of four digits. */
const LAST_TIME_MS = Date.parse('9999-12-31T23:59:59.999Z');

const query = z.strictObject({
  from: dateTime.optional().describe('Times after this time. Default: now.'),
  count: z.coerce
    .number<string>()
    .int()
    .min(1)
    .max(TIMES_AT_MOST)
    .default(TIMES_DEFAULT)
    .describe(`How many, 1 to ${String(TIMES_AT_MOST)}. Default: ${String(TIMES_DEFAULT)}.`),
});

const answer = z.strictObject({
  schedule_id: z.string(),
  job_id: z.string(),
  timezone: z.string(),
  next: z.array(dateTime).describe('The next fire times; fewer than asked for where it fires no more.'),
  notes: z
    .array(z.strictObject({ time: dateTime, note: z.string() }))
    .optional()
    .describe(
      'What daylight saving and execution windows do to some of them; absent where there is nothing to say.',
    ),
});

/** GET /v1/schedules/{schedule_id}/preview: the next times at which a schedule fires by its configuration, paused or not. */
export function previewSchedule(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'The next times of a schedule',
    params: scheduleParams,
    querystring: query,
    response: { 200: answer },
  };
  app.get(
    '/v1/schedules/:schedule_id/preview',
    { config: { permission: 'schedules:read' }, schema },
    async ({ params, query: asked }) => {
      const job = await findSchedule(services, params.schedule_id);
      const { schedule, definition } = job;
      const next = await timesOf(services, job, asked).catch((error: unknown) => {
        throw schedulingProblem(error) ?? error;
      });
      const notes = next.flatMap(({ time_ms, note }) =>
        note === undefined ? [] : [{ time: isoTime(time_ms), note }],
      );
      return {
        schedule_id: schedule.schedule_id,
        job_id: definition.job_id,
        timezone: schedule.timezone,
        next: next.map(({ time_ms }) => isoTime(time_ms)),
        ...(notes.length === 0 ? {} : { notes }),
      };
    },
  );
}

async function timesOf(
  services: Services,
  { schedule, definition }: ScheduledJob,
  { from, count }: z.infer<typeof query>,
): Promise<readonly PreviewedTime[]> {
  const fromMs = from === undefined ? await services.schedules.now() : Date.parse(from);
  const anchorMs = await anchorOf(services, schedule, fromMs);
  const { next } = preview(schedule, fromMs, count, { anchorMs, job: definition });
  return next.filter(({ time_ms }) => time_ms <= LAST_TIME_MS);
}

/** Its first fire time: an interval counts on from any of them, and fires at what it counts from only if that is one. */
async function anchorOf(services: Services, schedule: Schedule, fromMs: number): Promise<number> {
  const state = await services.schedules.get(schedule.schedule_id);
  const anchor = state?.anchor_ms ?? fromMs;
  return nextFireTime(schedule, anchor, anchor) ?? anchor;
}
