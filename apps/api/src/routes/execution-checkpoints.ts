import { CORRUPTION_TYPES, count, dateTime, generatedId } from '@phi/core';
import { viewCheckpoints } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { executionParams, findExecution } from './execution-params.js';

/** A checkpoint as the API shows it; what is null cannot be read. */
export const checkpointView = z.strictObject({
  sequence: count.describe('Grows by one with each checkpoint of the chain; 0 where it cannot be read.'),
  execution_id: generatedId.nullable().describe('The attempt that saved it.'),
  attempt_number: z.int().min(1).nullable(),
  stage: z.string().nullable().describe('The module that was running, or had just ended.'),
  time: dateTime.nullable(),
  bytes: count.nullable(),
  damage: z.enum(CORRUPTION_TYPES).nullable().describe('How it is damaged; null where it is whole.'),
});

/** GET /v1/executions/{execution_id}/checkpoints: what the attempts of its chain have saved. */
export function executionCheckpoints(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'The checkpoints of an execution',
    params: executionParams,
    response: {
      200: z.strictObject({
        checkpoints: z
          .array(checkpointView)
          .describe('The latest two of its chain, the newest first; none once the chain has completed.'),
      }),
    },
  };
  app.get(
    '/v1/executions/:execution_id/checkpoints',
    { config: { permission: 'executions:read' }, schema },
    async ({ params }) => {
      const record = await findExecution(services, params.execution_id);
      return { checkpoints: [...(await viewCheckpoints(services, record))] };
    },
  );
}
