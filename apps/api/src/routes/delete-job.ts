import { applyDefinitions } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { jobChangeSchema } from '../definitions/apply-answer.js';
import { refusalOf } from '../definitions/apply-refusal.js';
import { jobParams } from './job-params.js';

/** DELETE /v1/jobs/{job_id}: takes a job off the register; its history stays. */
export function deleteJob(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Remove a job',
    params: jobParams,
    response: { 200: z.strictObject({ changes: z.array(jobChangeSchema) }) },
  };
  app.delete('/v1/jobs/:job_id', { config: { permission: 'jobs:write' }, schema }, async (request) => {
    const author = callerOf(request).name;
    const result = await applyDefinitions(services, {
      definitions: [],
      removed: [request.params.job_id],
      author,
    });
    if (!result.ok) throw await refusalOf(services, result);
    return { changes: [...result.changes] };
  });
}
