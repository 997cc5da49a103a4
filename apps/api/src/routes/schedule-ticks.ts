import { acceptedTexts, dateTime, derivedIdentifier, TICK_OUTCOMES } from '@phi/core';
import { listTicks } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { notFound } from '../http/not-found.js';
import { nextCursor, pageLimit } from '../http/paging.js';
import { isoTime } from '../http/times.js';

const outcome = z.enum([...TICK_OUTCOMES, 'HELD']);

const tick = z.strictObject({
  nominal_time: dateTime,
  outcome: outcome.describe('HELD is provisional: the queue has no room now. Every other one is final.'),
  execution_id: z.string().nullable().describe('The execution that it led to.'),
  reason: z.string().nullable().describe('An error code.'),
  detail: z.string().nullable().describe('With SKIPPED_RUNNING, the execution that was open.'),
});

const query = z.strictObject({
  limit: pageLimit,
  cursor: z.iso
    .datetime()
    .register(acceptedTexts, { accepted: 'the next_cursor of the page before' })
    .optional()
    .describe('The next_cursor of the page before.'),
  outcome: outcome.optional().describe('Only fire times that came to this.'),
});

/** GET /v1/schedules/{schedule_id}/ticks: what became of each fire time, the latest first. */
export function scheduleTicks(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'What became of each fire time of a schedule',
    params: z.strictObject({ schedule_id: derivedIdentifier }),
    querystring: query,
    response: { 200: z.strictObject({ items: z.array(tick), next_cursor: nextCursor }) },
  };
  app.get(
    '/v1/schedules/:schedule_id/ticks',
    { config: { permission: 'schedules:read' }, schema },
    async ({ params, query: { limit, cursor, outcome: wanted } }) => {
      const { schedule_id } = params;
      const page = await listTicks(services, schedule_id, {
        limit,
        ...(cursor === undefined ? {} : { before_ms: Date.parse(cursor) }),
        ...(wanted === undefined ? {} : { outcome: wanted }),
      });
      if (page === undefined) throw notFound('schedule', schedule_id);
      const items = page.items.map(({ nominal_ms, execution_id, reason, detail, ...rest }) => ({
        nominal_time: isoTime(nominal_ms),
        outcome: rest.outcome,
        execution_id: execution_id ?? null,
        reason: reason ?? null,
        detail: detail ?? null,
      }));
      return page.next_before_ms === undefined
        ? { items }
        : { items, next_cursor: isoTime(page.next_before_ms) };
    },
  );
}
