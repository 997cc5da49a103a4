import { authoredJobDefinitionSchema } from '@phi/core';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { applyAnswerSchema } from '../definitions/apply-answer.js';
import { applyBody } from '../definitions/apply-body.js';
import { invalid } from '../http/http-problem.js';
import { jobParams } from './job-params.js';

/** PUT /v1/jobs/{job_id}: registers one definition. */
export function putJob(app: ApiApp, { services, webhookSecrets }: ApiContext): void {
  const schema = {
    summary: 'Register one job',
    params: jobParams,
    body: authoredJobDefinitionSchema,
    response: { 200: applyAnswerSchema },
  };
  app.put('/v1/jobs/:job_id', { config: { permission: 'jobs:write' }, schema }, async (request) => {
    const { params, body } = request;
    if (body.job_id !== params.job_id) {
      throw invalid(422, [
        {
          field: 'job_id',
          reason: 'is not the job of the path',
          accepted: params.job_id,
          value: body.job_id,
        },
      ]);
    }
    return applyBody(
      services,
      { jobs: [body] },
      { author: callerOf(request).name, dry_run: false, placeOf: () => [], webhookSecrets },
    );
  });
}
