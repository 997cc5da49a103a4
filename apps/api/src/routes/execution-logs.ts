import { acceptedTexts, dateTime } from '@phi/core';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { pageLimit } from '../http/paging.js';
import { isoTime } from '../http/times.js';
import { executionParams, findExecution } from './execution-params.js';

const lineId = z
  .string()
  .regex(/^\d{1,20}-\d{1,20}$/, { error: 'is not the id of a line' })
  .register(acceptedTexts, { accepted: 'the id of a line' });
const query = z.strictObject({
  after: lineId.optional().describe('The last line that was seen.'),
  limit: pageLimit,
});
const line = z.strictObject({ id: z.string(), time: dateTime, stream: z.string(), text: z.string() });

/** GET /v1/executions/{execution_id}/logs: what its body printed; asked again with the last id, what it printed since. */
export function executionLogs(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'What the body of an execution printed',
    params: executionParams,
    querystring: query,
    response: { 200: z.strictObject({ lines: z.array(line) }) },
  };
  app.get(
    '/v1/executions/:execution_id/logs',
    { config: { permission: 'executions:read' }, schema },
    async ({ params, query: asked }) => {
      const { execution_id } = await findExecution(services, params.execution_id);
      const lines = await services.logs.read(execution_id, asked.after, asked.limit);
      return {
        lines: lines.map(({ id, time, stream, text }) => ({ id, time: isoTime(time), stream, text })),
      };
    },
  );
}
