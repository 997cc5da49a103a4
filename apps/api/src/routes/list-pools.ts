import { acceptedTexts, identifier } from '@phi/core';
import { poolNames, viewPools } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { nextCursor, pageLimit } from '../http/paging.js';
import { poolSchema, viewPoolRow } from './pool-view.js';

const afterPool = identifier.register(acceptedTexts, { accepted: 'the next_cursor of the page before' });
const query = z.strictObject({
  limit: pageLimit,
  cursor: afterPool.optional().describe('The next_cursor of the page before.'),
});

/** GET /v1/pools: the pools by name, what is held of each, and who serves it (Rule 6). */
export function listPools(app: ApiApp, { services }: ApiContext): void {
  const response = { 200: z.strictObject({ items: z.array(poolSchema), next_cursor: nextCursor }) };
  const schema = { summary: 'Pools and what is held of them', querystring: query, response };
  app.get(
    '/v1/pools',
    { config: { permission: 'config:read' }, schema },
    async ({ query: { limit, cursor } }) => {
      const names = (await poolNames(services)).filter((name) => cursor === undefined || name > cursor);
      const shown = names.slice(0, limit);
      const items = (await viewPools(services, shown)).map(viewPoolRow);
      const last = names.length > limit ? shown.at(-1) : undefined;
      return last === undefined ? { items } : { items, next_cursor: last };
    },
  );
}
