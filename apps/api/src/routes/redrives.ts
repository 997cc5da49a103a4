import { dateTime, generatedId, idempotencyKey, identifier, REDRIVE_STATES, type Redrive } from '@phi/core';
import { cancelRedrive, redriveDeadLetters } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { HttpProblem, invalid } from '../http/http-problem.js';
import { notFound } from '../http/not-found.js';
import { cursorOf, nextCursor, pageFields, pageOf } from '../http/paging.js';
import { isoTime } from '../http/times.js';
import { cancelReason as reason } from './cancelled-view.js';
import { fingerprint } from './dead-letter-view.js';

const selector = {
  fingerprint: fingerprint.optional(),
  job_id: identifier.optional().describe('Only those of one job.'),
  error_code: z.string().min(1).max(128).optional().describe('Only those with this code.'),
};

const body = z.strictObject({
  ...selector,
  batch_size: z
    .int()
    .min(1)
    .max(100)
    .default(10)
    .describe('How many run again at the same time, once the first has completed. Default: 10.'),
  stop_after_failures: z
    .int()
    .min(1)
    .max(1000)
    .default(1)
    .describe('After so many failures it stops. Default: 1.'),
  idempotency_key: idempotencyKey.optional(),
  reason,
});

const answer = z.strictObject({
  redrive_id: z.string(),
  state: z
    .enum(REDRIVE_STATES)
    .describe(
      'PROBING: one runs again. RELEASING: it has completed, and the rest follows. STOPPED: they fail again.',
    ),
  ...selector,
  batch_size: z.int(),
  stop_after_failures: z.int(),
  actor: z.string(),
  reason: z.string().nullable(),
  created_time: dateTime,
  changed_time: dateTime,
  total: z.int().nullable().describe('How many there were; null where they are not counted by kind.'),
  completed: z.int(),
  failed: z.int(),
  cancelled: z.int(),
  skipped: z.int().describe('Retried or purged by somebody else, or too old to be retried.'),
  current: z.array(z.strictObject({ execution_id: z.string(), started: z.string().optional() })),
  failures: z.array(z.string()).describe('The executions that failed again, the last ten.'),
});

const params = z.strictObject({ redrive_id: generatedId });

/** POST /v1/dead-letters/redrive, GET /v1/dead-letters/redrives[/{redrive_id}] and POST .../cancel. */
export function redrives(app: ApiApp, { services }: ApiContext): void {
  const begin = {
    summary: 'Run dead letters again: one first, then the rest in batches, until they fail again',
    body,
    response: { 201: answer },
  };
  app.post(
    '/v1/dead-letters/redrive',
    { config: { permission: 'executions:trigger' }, schema: begin },
    async (request, reply) => {
      const { fingerprint: kind, job_id, error_code, reason: detail, ...bounds } = request.body;
      const chosen = { fingerprint: kind, job_id, error_code };
      if (Object.values(chosen).every((value) => value === undefined))
        throw invalid(422, [
          {
            field: '',
            reason: 'says of no dead letter that it is meant',
            accepted: Object.keys(chosen).join(', '),
          },
        ]);
      const actor = callerOf(request).name;
      const result = await redriveDeadLetters(services, { ...bounds, selector: chosen, actor, detail });
      if (result.ok) return reply.code(201).send(view(result.redrive));
      throw new HttpProblem(409, 'API_003_CONFLICT', {
        detail: `Redrive ${result.redrive_id} is open for the same dead letters; nothing was changed.`,
      });
    },
  );
  const list = {
    summary: 'Redrives of the last 30 days, the newest first',
    querystring: z.strictObject(pageFields),
    response: { 200: z.strictObject({ items: z.array(answer), next_cursor: nextCursor }) },
  };
  app.get(
    '/v1/dead-letters/redrives',
    { config: { permission: 'executions:read' }, schema: list },
    async ({ query }) => {
      const page = await services.redrives.list(pageOf(query));
      return { items: page.items.map(view), ...cursorOf(page) };
    },
  );
  app.get(
    '/v1/dead-letters/redrives/:redrive_id',
    {
      config: { permission: 'executions:read' },
      schema: { summary: 'One redrive', params, response: { 200: answer } },
    },
    async ({ params: { redrive_id } }) => {
      const found = await services.redrives.get(redrive_id);
      if (found === undefined) throw notFound('redrive', redrive_id);
      return view(found);
    },
  );
  app.post(
    '/v1/dead-letters/redrives/:redrive_id/cancel',
    {
      config: { permission: 'executions:cancel' },
      schema: {
        summary: 'Release nothing more of a redrive; what was released goes on',
        params,
        response: { 200: answer },
      },
    },
    async ({ params: { redrive_id } }) => {
      const cancelled = await cancelRedrive(services, redrive_id);
      if (cancelled === undefined) throw notFound('redrive', redrive_id);
      return view(cancelled);
    },
  );
}

function view(redrive: Redrive): z.infer<typeof answer> {
  const { selector: chosen, detail, created_time, changed_time, total, current, failures } = redrive;
  const { redrive_id, state, batch_size, stop_after_failures, actor } = redrive;
  const { completed, failed, cancelled, skipped } = redrive;
  return {
    redrive_id,
    state,
    ...chosen,
    batch_size,
    stop_after_failures,
    actor,
    reason: detail ?? null,
    created_time: isoTime(created_time),
    changed_time: isoTime(changed_time),
    total: total ?? null,
    completed,
    failed,
    cancelled,
    skipped,
    current: [...current],
    failures: [...failures],
  };
}
