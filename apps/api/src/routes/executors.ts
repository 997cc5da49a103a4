import { dateTime } from '@phi/core';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { isoTime } from '../http/times.js';

const executor = z.strictObject({
  executor_id: z.string(),
  places: z.int().describe('How many executions it runs at once; 0 while it drains.'),
  running: z.int(),
  lease_expires: dateTime,
  information: z.record(z.string(), z.union([z.string(), z.number()])),
});

/** GET /v1/executors: those that hold a lease, or held one until a moment ago. */
export function executors(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Executors and their leases',
    response: { 200: z.strictObject({ items: z.array(executor) }) },
  };
  app.get('/v1/executors', { config: { permission: 'health:read' }, schema }, async () => {
    const records = await services.leases.list();
    const items = records.map(({ executor_id, places, running, lease_expires, information }) => ({
      executor_id,
      places,
      running,
      lease_expires: isoTime(lease_expires),
      information: { ...information },
    }));
    return { items };
  });
}
