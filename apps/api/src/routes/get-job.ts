import { dateTime, jobDefinitionSchema, type JobDefinition } from '@phi/core';
import { presentWindow, type Services } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { isoTime, isoTimeOrNull } from '../http/times.js';
import { findJob, jobParams } from './job-params.js';

const answer = z.strictObject({
  job_id: z.string(),
  revision: z.int(),
  author: z.string(),
  time: dateTime,
  reason: z.string().nullable(),
  definition: jobDefinitionSchema,
  schedule: z
    .strictObject({ schedule_id: z.string(), next_time: dateTime.nullable(), last_time: dateTime.nullable() })
    .nullable(),
  window: z
    .strictObject({
      open: z.boolean(),
      opens: dateTime.nullable().describe('null where it has always been open.'),
      closes: dateTime.nullable().describe('null where it never closes.'),
    })
    .nullable()
    .describe('Present or next execution window (Rule 17); null where the job may always run.'),
});

/** GET /v1/jobs/{job_id}: a job as it is registered. */
export function getJob(app: ApiApp, { services }: ApiContext): void {
  const schema = { summary: 'A job as it is registered', params: jobParams, response: { 200: answer } };
  app.get('/v1/jobs/:job_id', { config: { permission: 'jobs:read' }, schema }, async ({ params }) => {
    const { definition, registration } = await findJob(services, params.job_id);
    const scheduleId = definition.schedule?.schedule_id;
    const state = scheduleId === undefined ? undefined : await services.schedules.get(scheduleId);
    return {
      job_id: definition.job_id,
      revision: registration.revision,
      author: registration.author,
      time: isoTime(registration.time),
      reason: registration.reason ?? null,
      definition,
      schedule:
        scheduleId === undefined
          ? null
          : {
              schedule_id: scheduleId,
              next_time: isoTimeOrNull(state?.next_ms),
              last_time: isoTimeOrNull(state?.last_ms),
            },
      window: await windowOf(services, definition),
    };
  });
}

async function windowOf(
  { schedules, config }: Services,
  definition: JobDefinition,
): Promise<z.infer<typeof answer>['window']> {
  const window = presentWindow(definition, await schedules.now(), config.SCHEDULER_TIMEZONE_DEFAULT);
  if (window === undefined) return null;
  const { open, opens_ms, closes_ms } = window;
  return { open, opens: isoTimeIfFinite(opens_ms), closes: isoTimeIfFinite(closes_ms) };
}

function isoTimeIfFinite(epochMs: number): string | null {
  return Number.isFinite(epochMs) ? isoTime(epochMs) : null;
}
