import { dateTime, executionSchema } from '@phi/core';
import { viewCheckpoint, viewExecution, viewHistory, viewRemoteJobs } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { checkpointView } from './execution-checkpoints.js';
import { executionParams, findExecution } from './execution-params.js';

const answer = executionSchema.extend({
  checkpoint: checkpointView
    .nullable()
    .describe('What an attempt of its chain would go on from now; its state is checkpoint_state.'),
  history: z
    .array(
      z.strictObject({
        time: dateTime,
        event: z.string(),
        actor: z.string().nullable(),
        detail: z.string().nullable(),
      }),
    )
    .describe('What happened, the oldest first.'),
  remote_jobs: z
    .array(
      z.strictObject({
        module: z.string(),
        url: z.string().describe('The module’s address, or `queue:` and the name of its queue.'),
        ref: z
          .string()
          .nullable()
          .describe('The job’s reference; null until its submission is answered, and on a queue.'),
        since: dateTime.describe('When it was submitted.'),
      }),
    )
    .describe('Jobs of remote modules that it waits for.'),
});

/** GET /v1/executions/{execution_id}: an execution and its history. */
export function getExecution(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'An execution and its history',
    params: executionParams,
    response: { 200: answer },
  };
  app.get(
    '/v1/executions/:execution_id',
    { config: { permission: 'executions:read' }, schema },
    async ({ params }) => {
      const record = await findExecution(services, params.execution_id);
      const [view, saved, remote_jobs] = await Promise.all([
        viewExecution(services, record),
        viewCheckpoint(services, record),
        viewRemoteJobs(services, record),
      ]);
      const { checkpoint = null, checkpoint_state = null } = saved ?? {};
      return { ...view, checkpoint, checkpoint_state, history: viewHistory(record.history), remote_jobs };
    },
  );
}
