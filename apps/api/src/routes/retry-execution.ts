import { EXECUTION_STATUSES, generatedId, idempotencyKey } from '@phi/core';
import { retryExecution as retry, type RetryResult } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { HttpProblem } from '../http/http-problem.js';
import { notFound } from '../http/not-found.js';
import { cancelReason as reason } from './cancelled-view.js';
import { executionParams } from './execution-params.js';
import { rerunProblem } from './rerun-problem.js';

const body = z.strictObject({
  reason,
  idempotency_key: idempotencyKey
    .optional()
    .describe(
      'The same key starts one execution, however often it is sent. Default: one that follows from the chain.',
    ),
});

/** What a retry has started. */
const retryAnswer = z.strictObject({
  execution_id: generatedId.describe('The attempt, or the new execution of the job, that it has started.'),
  run_id: z.string(),
  how: z
    .enum(['NOW', 'RERUN'])
    .describe(
      'NOW: the delay before the next attempt is over. RERUN: the job runs again in a new pass of its run.',
    ),
  status: z.enum(EXECUTION_STATUSES).optional().describe('How it stands now.'),
  pass: z.int().optional().describe('The pass, for RERUN.'),
  after: z.array(z.string()).optional().describe('Jobs after it that run if it comes to them, for RERUN.'),
});

/** POST /v1/executions/{execution_id}/retry (specification: Execution Control; Queue Operations, Retry). */
export function retryExecution(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary:
      'Try an execution again: now where it waits for its next attempt, in a new pass where it has ended',
    params: executionParams,
    body: body.nullish(),
    response: { 201: retryAnswer },
  };
  app.post(
    '/v1/executions/:execution_id/retry',
    { config: { permission: 'executions:trigger' }, schema },
    async (request, reply) => {
      const { execution_id } = request.params;
      const { reason: detail, idempotency_key } = request.body ?? {};
      const actor = callerOf(request).name;
      const result = await retry(services, { execution_id, idempotency_key, actor, detail });
      if (!result.ok) throw retryProblem(result, execution_id);
      const started = await services.executions.get(result.execution_id);
      const status = started === undefined ? {} : { status: started.status };
      return reply.code(201).send({ ...viewRetry(result), ...status });
    },
  );
}

function viewRetry(result: Extract<RetryResult, { ok: true }>): z.infer<typeof retryAnswer> {
  const { execution_id, run_id, how } = result;
  const base = { execution_id, run_id, how };
  return how === 'NOW' ? base : { ...base, pass: result.pass, after: [...result.after] };
}

/** Why an execution was not tried again. */
export function retryProblem(result: Extract<RetryResult, { ok: false }>, executionId: string): HttpProblem {
  if (result.refusal === 'UNKNOWN_EXECUTION') return notFound('execution', executionId);
  if (result.refusal === 'COMPLETED')
    return new HttpProblem(409, 'API_003_CONFLICT', {
      detail:
        'It has completed: there is nothing to retry. A rerun of its run from its job runs it again all the same.',
    });
  if (result.refusal === 'NOT_ENDED')
    return new HttpProblem(409, 'API_003_CONFLICT', {
      detail: `Its attempt ${result.execution_id} is ${result.status} and waits for no delay; nothing was changed.`,
    });
  return rerunProblem(result, executionId, []);
}
