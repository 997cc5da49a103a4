import { retryDeadLetter as retry } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { notFound } from '../http/not-found.js';
import { cancelReason as reason } from './cancelled-view.js';
import { executionParams } from './execution-params.js';
import { rerunProblem } from './rerun-problem.js';
import { rerunAnswer } from './rerun-run.js';

/** POST /v1/dead-letters/{execution_id}/retry: one new execution, however often it is asked for. */
export function retryDeadLetter(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Run a dead letter again, and what comes after it',
    params: executionParams,
    body: z.strictObject({ reason }).nullish(),
    response: { 201: rerunAnswer },
  };
  app.post(
    '/v1/dead-letters/:execution_id/retry',
    { config: { permission: 'executions:trigger' }, schema },
    async (request, reply) => {
      const { execution_id } = request.params;
      const actor = callerOf(request).name;
      const result = await retry(services, { execution_id, actor, detail: request.body?.reason });
      if (!result.ok && result.refusal === 'UNKNOWN_EXECUTION') throw notFound('dead letter', execution_id);
      if (!result.ok) throw rerunProblem(result, execution_id, []);
      const { run_id, pass, from, after } = result;
      return reply.code(201).send({ run_id, pass, from: [...from], after: [...after] });
    },
  );
}
