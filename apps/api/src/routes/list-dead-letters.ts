import { identifier } from '@phi/core';
import { groupDeadLetters, listDeadLetters as list } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { cursorOf, nextCursor, pageFields, pageOf } from '../http/paging.js';
import { deadLetterSchema, fingerprint } from './dead-letter-view.js';

const query = z.strictObject({
  ...pageFields,
  fingerprint: fingerprint.optional(),
  job_id: identifier.optional().describe('Only those of one job.'),
  error_code: z.string().max(128).optional().describe('Only those with this code.'),
});

const group = z.strictObject({ fingerprint: z.string(), count: z.int(), latest: deadLetterSchema });

/** GET /v1/dead-letters and GET /v1/dead-letters/groups (specification: Queue Operations, Inspection). */
export function listDeadLetters(app: ApiApp, { services }: ApiContext): void {
  const response = { 200: z.strictObject({ items: z.array(deadLetterSchema), next_cursor: nextCursor }) };
  const schema = {
    summary: 'Executions that failed for good, the newest first',
    querystring: query,
    response,
  };
  app.get('/v1/dead-letters', { config: { permission: 'executions:read' }, schema }, async (request) => {
    const { limit, cursor, ...filter } = request.query;
    const page = await list(services, { ...pageOf({ limit, cursor }), ...filter });
    return { items: [...page.items], ...cursorOf(page) };
  });
  const groups = {
    summary: 'The kinds of failure that there are dead letters of, the most frequent first',
    response: { 200: z.strictObject({ items: z.array(group), dropped: z.int() }) },
  };
  app.get(
    '/v1/dead-letters/groups',
    { config: { permission: 'executions:read' }, schema: groups },
    async () => ({
      items: await groupDeadLetters(services),
      dropped: await services.deadLetters.dropped(),
    }),
  );
}
