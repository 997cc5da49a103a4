import { idempotencyKey, manualTriggerSchema } from '@phi/core';
import { triggerJob as trigger, type StartRefusal } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { concurrencyLimit, exhausted, HttpProblem, invalid, queueFull } from '../http/http-problem.js';
import { notFoundAmong } from '../http/not-found.js';
import { jobParams } from './job-params.js';

const answer = z.strictObject({
  execution_id: z.string(),
  run_id: z.string(),
  status: z.string(),
  created: z.boolean(),
});

/** POST /v1/jobs/{job_id}/trigger: starts a run by hand (specification: Manual Triggers). */
export function triggerJob(app: ApiApp, { services }: ApiContext): void {
  const response = {
    200: answer.describe('The execution that the key named already.'),
    201: answer.describe('A new execution.'),
  };
  const schema = {
    summary: 'Start a run of a job',
    params: jobParams,
    body: manualTriggerSchema.nullish(),
    response,
  };
  app.post(
    '/v1/jobs/:job_id/trigger',
    { config: { permission: 'executions:trigger' }, schema },
    async (request, reply) => {
      const { job_id } = request.params;
      const body = request.body ?? {};
      const key = readIdempotencyKey(request.headers['idempotency-key'], body.idempotency_key);
      const actor = callerOf(request).name;
      const result = await trigger(services, { ...body, job_id, actor, idempotency_key: key });
      if (!result.ok)
        throw await refusalOf(result, job_id, async () => (await services.catalog.current()).jobs.keys());
      const { execution_id, run_id, status, created } = result;
      return reply.code(created ? 201 : 200).send({ execution_id, run_id, status, created });
    },
  );
}

/** The key comes in the body or in the header; both must agree. */
function readIdempotencyKey(
  header: string | string[] | undefined,
  inBody: string | undefined,
): string | undefined {
  if (header === undefined) return inBody;
  const parsed = idempotencyKey.safeParse(header);
  if (!parsed.success)
    throw invalid(400, [
      {
        field: 'Idempotency-Key',
        reason: 'is not an idempotency key',
        accepted: '1 to 255 visible ASCII characters',
      },
    ]);
  if (inBody !== undefined && inBody !== parsed.data) {
    throw invalid(422, [
      {
        field: 'idempotency_key',
        reason: 'is not that of the header Idempotency-Key',
        accepted: 'one of the two, or the same in both',
        value: inBody,
      },
    ]);
  }
  return parsed.data;
}

async function refusalOf(
  result: StartRefusal,
  jobId: string,
  jobIds: () => Promise<Iterable<string>>,
): Promise<HttpProblem> {
  switch (result.refusal) {
    case 'UNKNOWN_JOB':
      return notFoundAmong('job', 'job_id', jobId, await jobIds());
    case 'JOB_DISABLED':
      return new HttpProblem(409, 'SKIP_004_JOB_DISABLED', {
        detail: `The job ${jobId} is not enabled. Set enabled: true and apply it.`,
      });
    case 'INVALID_PARAMETERS':
      return new HttpProblem(422, 'EXEC_017_INVALID_PARAMETERS', {
        problems: result.problems,
      });
    case 'QUEUE_FULL':
      return queueFull();
    case 'CONCURRENCY_LIMIT':
      return concurrencyLimit();
    case 'EXHAUSTED':
      return exhausted(result.reason);
    case 'GRAPH_UNSETTLED':
    case 'STALE_TICK':
    case 'REJECTED':
    case 'SKIPPED_RUNNING':
      return new HttpProblem(409, 'API_003_CONFLICT', {
        detail: 'The jobs were changed by others all the while. Nothing was started; try again.',
      });
    case 'UPGRADE_REQUIRED':
      return new HttpProblem(503, 'API_008_UPGRADE_REQUIRED');
    case 'CORRUPT_RECORD':
      return new HttpProblem(500, 'STATE_002_QUEUE_STATE_CORRUPT');
  }
}
