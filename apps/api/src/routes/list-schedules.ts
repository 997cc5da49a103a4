import { acceptedTexts, derivedIdentifier } from '@phi/core';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { nextCursor, pageLimit } from '../http/paging.js';
import { scheduleSchema, viewSchedules } from './schedule-view.js';

const afterSchedule = derivedIdentifier.register(acceptedTexts, {
  accepted: 'the next_cursor of the page before',
});
const query = z.strictObject({
  limit: pageLimit,
  cursor: afterSchedule.optional().describe('The next_cursor of the page before.'),
});

/** GET /v1/schedules: the schedules of the registered jobs by name. */
export function listSchedules(app: ApiApp, { services }: ApiContext): void {
  const response = { 200: z.strictObject({ items: z.array(scheduleSchema), next_cursor: nextCursor }) };
  const options = {
    config: { permission: 'schedules:read' as const },
    schema: { summary: 'The schedules of the registered jobs', querystring: query, response },
  };
  app.get('/v1/schedules', options, async ({ query: { limit, cursor } }) => {
    const all = [...(await services.catalog.current()).schedules()];
    const from = cursor === undefined ? 0 : all.findIndex(([id]) => id > cursor);
    const page = from < 0 ? [] : all.slice(from, from + limit + 1);
    const shown = page.slice(0, limit);
    const items = await viewSchedules(
      services,
      shown.map(([, job]) => job),
    );
    const last = page.length > limit ? shown.at(-1)?.[0] : undefined;
    return last === undefined ? { items } : { items, next_cursor: last };
  });
}
