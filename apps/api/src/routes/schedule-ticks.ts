import { acceptedTexts, dateTime, TICK_OUTCOMES } from '@phi/core';
import { listTickRuns, listTicks, type TickFilter, type TickPage } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { nextCursor, pageLimit } from '../http/paging.js';
import { isoTime } from '../http/times.js';
import { noSchedule, scheduleParams } from './schedule-params.js';

const outcome = z.enum([...TICK_OUTCOMES, 'HELD']);

const about = {
  outcome: outcome.describe('HELD is provisional: the queue has no room now. Every other one is final.'),
  reason: z.string().nullable().describe('An error code.'),
  detail: z.string().nullable().describe('With SKIPPED_RUNNING, the execution that was open.'),
};

const tick = z.strictObject({
  nominal_time: dateTime,
  execution_id: z.string().nullable().describe('The execution that it led to.'),
  ...about,
});

const tickRun = z
  .strictObject({ first_time: dateTime, last_time: dateTime, count: z.int().min(1), ...about })
  .describe('With compact: fire times in a row that came to the same.');

const query = z
  .strictObject({
    limit: pageLimit,
    cursor: z.iso
      .datetime()
      .register(acceptedTexts, { accepted: 'the next_cursor of the page before' })
      .optional()
      .describe('The next_cursor of the page before.'),
    outcome: outcome.optional().describe('Only fire times that came to this.'),
    from: dateTime.optional().describe('Only fire times at this time or after it.'),
    until: dateTime.optional().describe('Only fire times before this time.'),
    compact: z
      .enum(['true', 'false'])
      .default('false')
      .describe(
        'true answers fire times in a row that came to the same as one; those that reach into the time asked for whole.',
      ),
  })
  .superRefine(({ from, until }, context) => {
    if (from === undefined || until === undefined || Date.parse(from) < Date.parse(until)) return;
    const params = { accepted: `a time after ${from}` };
    context.addIssue({ code: 'custom', path: ['until'], message: 'is not after from', params });
  });
type TicksQuery = z.infer<typeof query>;

const page = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({ items: z.array(item), next_cursor: nextCursor });
const answer = z.union([page(tick), page(tickRun)]);

/** GET /v1/schedules/{schedule_id}/ticks: what became of each fire time, the latest first. */
export function scheduleTicks(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'What became of each fire time of a schedule',
    params: scheduleParams,
    querystring: query,
    response: { 200: answer },
  };
  app.get(
    '/v1/schedules/:schedule_id/ticks',
    { config: { permission: 'schedules:read' }, schema },
    async ({ params: { schedule_id }, query: asked }) => {
      const filter = filterOf(asked);
      if (asked.compact === 'true') {
        const runs = await listTickRuns(services, schedule_id, filter);
        if (runs === undefined) throw await noSchedule(services, schedule_id);
        return answerOf(runs, ({ first_ms, last_ms, count }) => ({
          first_time: isoTime(first_ms),
          last_time: isoTime(last_ms),
          count,
        }));
      }
      const ticks = await listTicks(services, schedule_id, filter);
      if (ticks === undefined) throw await noSchedule(services, schedule_id);
      return answerOf(ticks, ({ nominal_ms, execution_id }) => ({
        nominal_time: isoTime(nominal_ms),
        execution_id: execution_id ?? null,
      }));
    },
  );
}

function filterOf({ limit, cursor, outcome: wanted, from, until }: TicksQuery): TickFilter {
  return {
    limit,
    ...(cursor === undefined ? {} : { before_ms: Date.parse(cursor) }),
    ...(wanted === undefined ? {} : { outcome: wanted }),
    ...(from === undefined ? {} : { from_ms: Date.parse(from) }),
    ...(until === undefined ? {} : { until_ms: Date.parse(until) }),
  };
}

type About = { [Name in keyof typeof about]: z.infer<(typeof about)[Name]> };

/** @param timesOf - what an item has beside its outcome */
function answerOf<Item extends { outcome: About['outcome']; reason?: string; detail?: string }, Times>(
  { items, next_before_ms }: TickPage<Item>,
  timesOf: (item: Item) => Times,
): { items: (Times & About)[]; next_cursor?: string } {
  const shown = items.map((item) => ({
    ...timesOf(item),
    outcome: item.outcome,
    reason: item.reason ?? null,
    detail: item.detail ?? null,
  }));
  return next_before_ms === undefined
    ? { items: shown }
    : { items: shown, next_cursor: isoTime(next_before_ms) };
}
