import { generatedId, idempotencyKey, identifier } from '@phi/core';
import { rerunRun as rerun } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { cancelReason as reason } from './cancelled-view.js';
import { rerunProblem } from './rerun-problem.js';

const body = z.strictObject({
  from: z
    .array(identifier)
    .min(1)
    .max(1000)
    .optional()
    .describe('Jobs to run again. Default: those that failed, timed out or were cancelled by hand.'),
  definition: z
    .enum(['THEN', 'NOW'])
    .default('THEN')
    .describe(
      'By which definitions: those that the run began with, or those that are registered now. Default: THEN.',
    ),
  reason,
  idempotency_key: idempotencyKey
    .optional()
    .describe('The same key opens one pass, however often it is sent.'),
});

/** What a new pass runs. */
export const rerunAnswer = z.strictObject({
  run_id: z.string(),
  pass: z.int().describe('The number of the pass that this opened; a run begins with pass 1.'),
  from: z.array(z.string()).describe('Jobs that run again at once.'),
  after: z.array(z.string()).describe('Jobs after them that have not run, and run if it comes to them.'),
});

/** POST /v1/runs/{run_id}/rerun: runs jobs of a run again and carries on what comes after them (design: Lifecycle). */
export function rerunRun(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Run a run again from what failed',
    params: z.strictObject({ run_id: generatedId }),
    body: body.nullish(),
    response: { 201: rerunAnswer },
  };
  app.post(
    '/v1/runs/:run_id/rerun',
    { config: { permission: 'executions:trigger' }, schema },
    async (request, reply) => {
      const { run_id } = request.params;
      const { from, reason: detail, idempotency_key, definition } = request.body ?? {};
      const actor = callerOf(request).name;
      const result = await rerun(services, { run_id, from, detail, idempotency_key, definition, actor });
      if (!result.ok) throw rerunProblem(result, run_id, from ?? []);
      return reply
        .code(201)
        .send({ run_id, pass: result.pass, from: [...result.from], after: [...result.after] });
    },
  );
}
