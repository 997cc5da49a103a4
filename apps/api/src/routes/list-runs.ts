import { viewRun } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { cursorOf, nextCursor, pageFields, pageOf } from '../http/paging.js';
import { runSchema } from './run-view.js';

/** GET /v1/runs: the newest first. */
export function listRuns(app: ApiApp, { services }: ApiContext): void {
  const response = { 200: z.strictObject({ items: z.array(runSchema), next_cursor: nextCursor }) };
  const schema = { summary: 'Runs, the newest first', querystring: z.strictObject(pageFields), response };
  app.get('/v1/runs', { config: { permission: 'runs:read' }, schema }, async ({ query }) => {
    const page = await services.runs.list(pageOf(query));
    return { items: page.items.map(viewRun), ...cursorOf(page) };
  });
}
