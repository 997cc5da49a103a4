import { dateTime, identifier, TICK_OUTCOMES } from '@phi/core';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { notFound } from '../http/not-found.js';
import { pageLimit } from '../http/paging.js';
import { isoTime } from '../http/times.js';

const tick = z.strictObject({
  nominal_time: dateTime,
  outcome: z.enum(TICK_OUTCOMES),
  execution_id: z.string().nullable(),
});

/** GET /v1/schedules/{schedule_id}/ticks: what became of each fire time, the latest first. */
export function scheduleTicks(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'What became of each fire time of a schedule',
    params: z.strictObject({ schedule_id: identifier }),
    querystring: z.strictObject({ limit: pageLimit }),
    response: { 200: z.strictObject({ items: z.array(tick) }) },
  };
  app.get(
    '/v1/schedules/:schedule_id/ticks',
    { config: { permission: 'schedules:read' }, schema },
    async ({ params, query }) => {
      const { schedule_id } = params;
      const ledger = await services.schedules.ledger(schedule_id, query.limit);
      if (ledger.length === 0 && (await services.schedules.get(schedule_id)) === undefined)
        throw notFound('schedule', schedule_id);
      const items = ledger.map(({ nominal_ms, outcome, execution_id }) => ({
        nominal_time: isoTime(nominal_ms),
        outcome,
        execution_id: execution_id ?? null,
      }));
      return { items };
    },
  );
}
