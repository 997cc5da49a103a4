import { dateTime, jobDefinitionSchema, type JobDefinition } from '@phi/core';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { notFoundAmong } from '../http/not-found.js';
import { isoTime } from '../http/times.js';
import { jobParams } from './job-params.js';

const version = z.strictObject({
  revision: z.int(),
  version: z.string().describe('The label of its author.'),
  author: z.string(),
  time: dateTime,
  reason: z.string().nullable(),
  definition: jobDefinitionSchema,
});

/** GET /v1/jobs/{job_id}/versions: every revision, the newest first (specification: Change Management). */
export function jobVersions(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Every revision of a job',
    params: jobParams,
    response: { 200: z.strictObject({ items: z.array(version) }) },
  };
  app.get(
    '/v1/jobs/:job_id/versions',
    { config: { permission: 'jobs:read' }, schema },
    async ({ params }) => {
      const revisions = await services.jobs.revisions(params.job_id);
      if (revisions.length === 0) {
        const { jobs } = await services.catalog.current();
        throw notFoundAmong('job', 'job_id', params.job_id, jobs.keys());
      }
      const items = revisions.toReversed().map(({ revision, author, time, reason, definition: text }) => {
        const definition = JSON.parse(text) as JobDefinition;
        return {
          revision,
          version: definition.version,
          author,
          time: isoTime(time),
          reason: reason ?? null,
          definition,
        };
      });
      return { items };
    },
  );
}
