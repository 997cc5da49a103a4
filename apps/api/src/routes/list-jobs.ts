import { acceptedTexts, dateTime, JOB_TYPES, type Schedule } from '@phi/core';
import type { RegisteredJob, Services } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { nextCursor, pageLimit } from '../http/paging.js';
import { isoTime, isoTimeOrNull } from '../http/times.js';
import { expressionOf } from './schedule-view.js';

const jobSummary = z.strictObject({
  job_id: z.string(),
  name: z.string(),
  job_type: z.enum(JOB_TYPES),
  enabled: z.boolean(),
  version: z.string(),
  revision: z.int(),
  schedule: z
    .strictObject({
      schedule_id: z.string(),
      expression: z.string().describe('The schedule in one line.'),
      next_time: dateTime.nullable(),
    })
    .nullable(),
  dependencies: z.array(z.string()).describe('Upstream jobs.'),
  author: z.string(),
  time: dateTime.describe('When this revision was registered.'),
});

const afterJob = z
  .string()
  .max(128)
  .register(acceptedTexts, { accepted: 'the next_cursor of the page before' });
const query = z.strictObject({
  limit: pageLimit,
  cursor: afterJob.optional().describe('The next_cursor of the page before.'),
});

/** GET /v1/jobs: the registered jobs by name. */
export function listJobs(app: ApiApp, { services }: ApiContext): void {
  const response = { 200: z.strictObject({ items: z.array(jobSummary), next_cursor: nextCursor }) };
  const options = {
    config: { permission: 'jobs:read' as const },
    schema: { summary: 'The registered jobs', querystring: query, response },
  };
  app.get('/v1/jobs', options, async ({ query: { limit, cursor } }) => {
    const { jobs } = await services.catalog.current();
    const names = [...jobs.keys()].sort().filter((name) => cursor === undefined || name > cursor);
    const shown = names.slice(0, limit).flatMap((name) => jobs.get(name) ?? []);
    const items = await Promise.all(shown.map((job) => summarize(services, job)));
    const last = names.length > limit ? shown.at(-1)?.job_id : undefined;
    return last === undefined ? { items } : { items, next_cursor: last };
  });
}

async function summarize(
  services: Services,
  { definition, registration }: RegisteredJob,
): Promise<z.infer<typeof jobSummary>> {
  const { job_id, name, job_type, enabled, version, schedule, dependencies } = definition;
  return {
    job_id,
    name,
    job_type,
    enabled,
    version,
    revision: registration.revision,
    schedule: schedule === null ? null : await summarizeSchedule(services, schedule),
    dependencies: dependencies.map(({ upstream_job_id }) => upstream_job_id),
    author: registration.author,
    time: isoTime(registration.time),
  };
}

async function summarizeSchedule(
  services: Services,
  schedule: Schedule,
): Promise<{ schedule_id: string; expression: string; next_time: string | null }> {
  const state = await services.schedules.get(schedule.schedule_id);
  return {
    schedule_id: schedule.schedule_id,
    expression: expressionOf(schedule),
    next_time: isoTimeOrNull(state?.next_ms),
  };
}
