import { executionSchema, generatedId } from '@phi/core';
import { viewExecutions, viewRun } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { notFound } from '../http/not-found.js';
import { runSchema } from './run-view.js';

/** GET /v1/runs/{run_id}: a run and its executions, the oldest first. */
export function getRun(app: ApiApp, { services }: ApiContext): void {
  const answer = runSchema.extend({ executions: z.array(executionSchema) });
  const schema = {
    summary: 'A run and its executions',
    params: z.strictObject({ run_id: generatedId }),
    response: { 200: answer },
  };
  app.get('/v1/runs/:run_id', { config: { permission: 'runs:read' }, schema }, async ({ params }) => {
    const run = await services.runs.get(params.run_id);
    if (run === undefined) throw notFound('run', params.run_id);
    const records = await services.executions.getMany(await services.runs.executions(run.run_id));
    return { ...viewRun(run), executions: await viewExecutions(services, records) };
  });
}
