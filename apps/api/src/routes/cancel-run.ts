import { generatedId, type CancelResult } from '@phi/core';
import { cancelRun as cancel } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { notFound } from '../http/not-found.js';
import { cancelledSchema, cancelReason } from './cancelled-view.js';

const body = z.strictObject({ reason: cancelReason });

const answer = z.strictObject({
  run_id: z.string(),
  executions: z
    .array(cancelledSchema)
    .describe('Those that were open and are cancelled or asked to stop; none where the run had ended.'),
});

/** POST /v1/runs/{run_id}/cancel: everything of a run that is open, save the clean-up that depends on COMPLETION (Rule 16). */
export function cancelRun(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Cancel a run',
    params: z.strictObject({ run_id: generatedId }),
    body: body.nullish(),
    response: { 200: answer },
  };
  app.post(
    '/v1/runs/:run_id/cancel',
    { config: { permission: 'executions:cancel' }, schema },
    async (request) => {
      const { run_id } = request.params;
      const reason = request.body?.reason;
      const results = await cancel(services, run_id, {
        actor: callerOf(request).name,
        ...(reason === undefined ? {} : { detail: reason }),
      });
      if (results === undefined) throw notFound('run', run_id);
      return { run_id, executions: results.flatMap(cancelled) };
    },
  );
}

function cancelled(result: CancelResult): z.infer<typeof cancelledSchema>[] {
  return result.ok ? [{ execution_id: result.execution_id, status: result.status }] : [];
}
