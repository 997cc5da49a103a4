import { explanationSchema } from '@phi/core';
import { explainExecution as explain } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { executionParams, findExecution } from './execution-params.js';

const query = z.strictObject({
  replay: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true computes its verdicts again from what they were decided from, and says what differs.'),
});

/** GET /v1/executions/{execution_id}/explain: why it is where it is, and how it came there. */
export function explainExecution(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Why an execution is where it is',
    params: executionParams,
    querystring: query,
    response: { 200: explanationSchema },
  };
  app.get(
    '/v1/executions/:execution_id/explain',
    { config: { permission: 'executions:read' }, schema },
    async ({ params, query: { replay } }) => {
      const record = await findExecution(services, params.execution_id);
      return explain(services, record, { replay: replay === 'true' });
    },
  );
}
