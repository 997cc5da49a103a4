import { EXECUTION_STATUSES, executionSchema, identifier } from '@phi/core';
import { viewExecutions } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { cursorOf, nextCursor, pageFields, pageOf } from '../http/paging.js';

const query = z.strictObject({
  status: z.enum(EXECUTION_STATUSES).optional(),
  job_id: identifier.optional(),
  ...pageFields,
});

/** GET /v1/executions: the newest first. */
export function listExecutions(app: ApiApp, { services }: ApiContext): void {
  const response = { 200: z.strictObject({ items: z.array(executionSchema), next_cursor: nextCursor }) };
  const schema = { summary: 'Executions, the newest first', querystring: query, response };
  app.get(
    '/v1/executions',
    { config: { permission: 'executions:read' }, schema },
    async ({ query: asked }) => {
      const { status, job_id } = asked;
      const filter = {
        ...(status === undefined ? {} : { status }),
        ...(job_id === undefined ? {} : { job_id }),
      };
      const page = await services.executions.list({ ...filter, ...pageOf(asked) });
      return { items: await viewExecutions(services, page.items), ...cursorOf(page) };
    },
  );
}
