import { acceptedTexts, count, dateTime, EXECUTION_STATUSES, generatedId } from '@phi/core';
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
const line = z.strictObject({
  id: z.string(),
  number: count.describe(
    'Counts the lines from 1, those that were dropped as well: what is missing was dropped.',
  ),
  time: dateTime,
  stream: z.string().describe('stdout, stderr, logger; phi for what Phi says itself.'),
  text: z.string(),
});
const answer = z.strictObject({
  status: z.enum(EXECUTION_STATUSES).describe('Of the execution, before its lines were read.'),
  retried_by: generatedId.nullable().describe('Its next attempt, once there is one.'),
  lines: z.array(line),
});

/** GET /v1/executions/{execution_id}/logs: what its body printed; asked again with the last id, what it printed since. */
export function executionLogs(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'What the body of an execution printed',
    params: executionParams,
    querystring: query,
    response: { 200: answer },
  };
  app.get(
    '/v1/executions/:execution_id/logs',
    { config: { permission: 'executions:read' }, schema },
    async ({ params, query: asked }) => {
      // Before its lines: what it printed last is there once it has ended.
      const { execution_id, status, retried_by = null } = await findExecution(services, params.execution_id);
      const lines = await services.logs.read(execution_id, asked.after, asked.limit);
      return {
        status,
        retried_by,
        lines: lines.map(({ time, ...rest }) => ({ ...rest, time: isoTime(time) })),
      };
    },
  );
}
