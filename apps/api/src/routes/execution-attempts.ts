import { dateTime, EXECUTION_STATUSES, ERROR_CATEGORIES, generatedId } from '@phi/core';
import { compareExecutions, viewAttempts } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { HttpProblem, invalid } from '../http/http-problem.js';
import { notFound } from '../http/not-found.js';
import { executionParams } from './execution-params.js';

const attempt = z.strictObject({
  execution_id: z.string(),
  attempt_number: z.int(),
  status: z.enum(EXECUTION_STATUSES),
  error_category: z.enum(ERROR_CATEGORIES).nullable().describe('What a failure was classified as (Rule 10).'),
  error_code: z.string().nullable(),
  error_message: z.string().nullable(),
  will_retry: z.boolean().describe('Whether another attempt follows it.'),
  delay_seconds: z
    .number()
    .nullable()
    .describe('From the end of the attempt before until it could be queued (Rules 8 and 9).'),
  not_before: dateTime.nullable(),
  started_time: dateTime.nullable(),
  completed_time: dateTime.nullable(),
  executor_id: z.string().nullable(),
});

const attempts = z.strictObject({
  run_id: z.string(),
  job_id: z.string(),
  items: z.array(attempt),
  next_retry_time: dateTime
    .nullable()
    .describe('When the next attempt may be queued, where one waits for that.'),
  rerun_by: z
    .string()
    .nullable()
    .describe('The execution that its job was run again by, in a later pass of the run.'),
});

const changes = z.array(
  z.strictObject({ field: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
);

const comparison = z.strictObject({
  execution_id: z.string(),
  with_execution_id: z.string().describe('`before` is of this one.'),
  chosen: z.enum(['ASKED', 'ATTEMPT_BEFORE', 'LAST_COMPLETED']),
  definition: z.strictObject({ before: z.int(), after: z.int(), changes }).describe('Its revisions.'),
  parameters: changes,
  upstreams: changes.describe('By dependency: which execution decided it, and how.'),
  outcome: changes.describe('Status, times, records, error and where it ran.'),
});

/** GET /v1/executions/{execution_id}/attempts and /compare. */
export function executionAttempts(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'The attempts of a chain, by any of them',
    params: executionParams,
    response: { 200: attempts },
  };
  app.get(
    '/v1/executions/:execution_id/attempts',
    { config: { permission: 'executions:read' }, schema },
    async ({ params }) => {
      const found = await viewAttempts(services, params.execution_id);
      if (found === undefined) throw notFound('execution', params.execution_id);
      return found as z.infer<typeof attempts>;
    },
  );
  const compared = {
    summary: 'What differs between two executions of a job',
    params: executionParams,
    querystring: z.strictObject({
      with: generatedId
        .optional()
        .describe(
          'Default: the attempt before it or, of a first attempt, the last execution of the job that completed.',
        ),
    }),
    response: { 200: comparison },
  };
  app.get(
    '/v1/executions/:execution_id/compare',
    { config: { permission: 'executions:read' }, schema: compared },
    async ({ params, query }) => {
      const result = await compareExecutions(services, params.execution_id, query.with);
      if (result.ok) return result.comparison as z.infer<typeof comparison>;
      if (result.refusal === 'UNKNOWN_EXECUTION') throw notFound('execution', result.execution_id);
      if (result.refusal === 'OTHER_JOB')
        throw invalid(422, [
          {
            field: 'with',
            reason: 'is of another job',
            accepted: 'an execution of the same job',
            value: query.with,
          },
        ]);
      throw new HttpProblem(409, 'API_003_CONFLICT', {
        detail: 'No attempt came before it and none of its job has completed: name one in `with`.',
      });
    },
  );
}
