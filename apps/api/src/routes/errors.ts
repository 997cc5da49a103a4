import { dateTime, ERROR_QUEUES, identifier, type ErrorEntry } from '@phi/core';
import { getError, listErrors, purgeErrors, retryError, type ErrorRetryResult } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { HttpProblem } from '../http/http-problem.js';
import { notFound } from '../http/not-found.js';
import { cursorOf, nextCursor, pageFields, pageOf } from '../http/paging.js';
import { epochMs, isoTime } from '../http/times.js';
import { cancelReason as reason } from './cancelled-view.js';
import { retryProblem } from './retry-execution.js';

const AT_ONCE = 500;

const queueParams = z.strictObject({ queue: z.enum(ERROR_QUEUES) });
const entryId = z.string().min(1).max(256);
const entryParams = queueParams.extend({ id: entryId });

const query = z.strictObject({
  ...pageFields,
  job_id: identifier.optional().describe('Only those of one job.'),
  error_code: z.string().min(1).max(128).optional().describe('Only those with this code.'),
  from: dateTime.optional().describe('Entered at this time or later.'),
  to: dateTime.optional().describe('Entered before this time.'),
});

const entry = z.strictObject({
  id: z.string().describe('Of execution errors and dead letters: the execution.'),
  time: dateTime.describe('When it was entered.'),
  error_code: z.string(),
  error: z.looseObject({}).describe("One of the specification's error structures."),
});

const state = z.strictObject({
  queue: z.enum(ERROR_QUEUES),
  entries: z.int().describe('How many it holds: a view of the latest, which the history does not depend on.'),
  dropped: z.int().describe('How many were dropped because there were too many.'),
  capacity: z.int().describe('ERROR_QUEUE_CAPACITY.'),
  retention_hours: z
    .number()
    .describe('ERROR_RETENTION_HOURS or, of dead letters, DEAD_LETTER_RETENTION_DAYS.'),
});

const retried = z.strictObject({
  outcome: z
    .enum(['RESOLVED', 'RETRIED'])
    .describe('RESOLVED: what was wrong is right by now. RETRIED: an execution was started.'),
  run_id: z.string().optional(),
  execution_id: z.string().optional(),
});

/** GET /v1/errors, GET /v1/errors/{queue}[/{id}] (specification: Error Queue Management). */
export function errors(app: ApiApp, { services }: ApiContext): void {
  app.get(
    '/v1/errors',
    {
      config: { permission: 'executions:read' },
      schema: {
        summary: 'How full the error queues are',
        response: { 200: z.strictObject({ items: z.array(state) }) },
      },
    },
    async () => ({
      items: await Promise.all(
        ERROR_QUEUES.map(async (queue) => ({ queue, ...(await services.errorQueues.state(queue)) })),
      ),
    }),
  );
  app.get(
    '/v1/errors/:queue',
    {
      config: { permission: 'executions:read' },
      schema: {
        summary: 'What an error queue holds, the newest first',
        params: queueParams,
        querystring: query,
        response: { 200: z.strictObject({ ...state.shape, items: z.array(entry), next_cursor: nextCursor }) },
      },
    },
    async ({ params: { queue }, query: asked }) => {
      const { from, to, job_id, error_code } = asked;
      const filter = { job_id, error_code, from_ms: epochMs(from), to_ms: epochMs(to), ...pageOf(asked) };
      const [page, held] = await Promise.all([
        listErrors(services, queue, filter),
        services.errorQueues.state(queue),
      ]);
      return { queue, ...held, items: page.items.map(view), ...cursorOf(page) };
    },
  );
  app.get(
    '/v1/errors/:queue/:id',
    {
      config: { permission: 'executions:read' },
      schema: { summary: 'One entry of an error queue', params: entryParams, response: { 200: entry } },
    },
    async ({ params: { queue, id } }) => {
      const found = await getError(services, queue, id);
      if (found === undefined) throw notFound(`entry of ${queue}`, id);
      return view(found);
    },
  );
}

/** POST /v1/errors/{queue}/{id}/retry and POST /v1/errors/{queue}/purge (specification: Queue Operations). */
export function errorOperations(app: ApiApp, { services }: ApiContext): void {
  app.post(
    '/v1/errors/:queue/:id/retry',
    {
      config: { permission: 'executions:trigger' },
      schema: {
        summary: 'Try again what an entry is about',
        params: entryParams,
        body: z.strictObject({ reason }).nullish(),
        response: { 200: retried },
      },
    },
    async (request) => {
      const { queue, id } = request.params;
      const actor = callerOf(request).name;
      const result = await retryError(services, { queue, id, actor, detail: request.body?.reason });
      if (!result.ok) throw problem(result, queue, id);
      if (result.outcome === 'RESOLVED') return { outcome: result.outcome };
      const { outcome, run_id, execution_id } = result;
      return { outcome, run_id, execution_id };
    },
  );
  app.post(
    '/v1/errors/:queue/purge',
    {
      config: { permission: 'executions:cancel' },
      schema: {
        summary: 'Take entries out of an error queue; the executions stay in the history',
        params: queueParams,
        body: z.strictObject({ ids: z.array(entryId).min(1).max(AT_ONCE) }),
        response: { 200: z.strictObject({ purged: z.array(z.string()) }) },
      },
    },
    async ({ params: { queue }, body: { ids } }) => ({
      purged: [...(await purgeErrors(services, queue, ids))],
    }),
  );
}

function view({ id, time, error_code, error }: ErrorEntry): z.infer<typeof entry> {
  return { id, time: isoTime(time), error_code, error: { ...error } };
}

function problem(result: Extract<ErrorRetryResult, { ok: false }>, queue: string, id: string): HttpProblem {
  switch (result.refusal) {
    case 'UNKNOWN_ENTRY':
    case 'UNKNOWN_EXECUTION':
      return notFound(`entry of ${queue}`, id);
    case 'STILL_WRONG':
      return new HttpProblem(409, 'API_003_CONFLICT', {
        detail: `It is as wrong as it was (${result.detail}): correct the definition and apply it.`,
      });
    default:
      return retryProblem(result, id);
  }
}
