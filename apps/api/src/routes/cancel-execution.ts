import { CANCEL_SCOPES } from '@phi/core';
import { cancelExecution as cancel } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { HttpProblem } from '../http/http-problem.js';
import { notFound } from '../http/not-found.js';
import { executionParams } from './execution-params.js';
import { cancelledSchema, cancelReason } from './cancelled-view.js';

const body = z.strictObject({
  reason: cancelReason,
  cascade: z
    .enum(['NONE', ...CANCEL_SCOPES])
    .optional()
    .describe("What becomes of dependents within the run (Rule 16). Default: the job's cancellation."),
});

/** POST /v1/executions/{execution_id}/cancel (specification: Execution Control; Rule 16). */
export function cancelExecution(app: ApiApp, { services }: ApiContext): void {
  const response = {
    200: cancelledSchema.describe('It is cancelled.'),
    202: cancelledSchema.describe(
      'It runs and was asked to stop. It ends CANCELLED once its body is gone, unless its result is recorded before.',
    ),
  };
  const schema = {
    summary: 'Cancel an execution',
    params: executionParams,
    body: body.nullish(),
    response,
  };
  app.post(
    '/v1/executions/:execution_id/cancel',
    { config: { permission: 'executions:cancel' }, schema },
    async (request, reply) => {
      const { execution_id } = request.params;
      const { reason, cascade } = request.body ?? {};
      const result = await cancel(services, execution_id, {
        actor: callerOf(request).name,
        ...(reason === undefined ? {} : { detail: reason }),
        ...(cascade === undefined ? {} : { cascade }),
      });
      if (result.ok) {
        const answer = { execution_id: result.execution_id, status: result.status };
        return reply.code(result.status === 'CANCELLED' ? 200 : 202).send(answer);
      }
      switch (result.refusal) {
        case 'UNKNOWN_EXECUTION':
          throw notFound('execution', execution_id);
        case 'ENDED':
          throw tooLate(`It has ended ${result.status ?? ''}; nothing was changed.`);
        case 'COMMITTED':
          throw tooLate('Its result is recorded and it is about to complete; nothing was changed.');
        case 'UPGRADE_REQUIRED':
          throw new HttpProblem(503, 'API_008_UPGRADE_REQUIRED');
        case 'CORRUPT_RECORD':
          throw new HttpProblem(500, 'STATE_002_QUEUE_STATE_CORRUPT');
      }
    },
  );
}

function tooLate(detail: string): HttpProblem {
  return new HttpProblem(409, 'API_003_CONFLICT', { detail });
}
