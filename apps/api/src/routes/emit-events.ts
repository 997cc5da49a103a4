import { cloudEventSchema, type CloudEvent } from '@phi/core';
import { acceptEvent, type Services } from '@phi/engine';
import * as z from 'zod';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { emitBatch } from '../events/emit-batch.js';
import {
  batchAnswerSchema,
  eventAnswer,
  eventAnswerSchema,
  type EventAnswer,
} from '../events/event-answer.js';
import { eventRefusal } from '../events/event-refusal.js';
import { contentModeOf, readEvent } from '../events/read-event.js';
import { acceptRawBodies, parseJson, rawBodyOf } from '../http/raw-body.js';

/** A batch is emitted one by one, which takes longer than other requests may take, in milliseconds. */
const WITHIN_MS = 30_000;

/** POST /v1/events: CloudEvents in structured, binary or batched mode (specification: Event-Based Triggers). */
export function emitEvents(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Send an event, or a batch of events',
    description:
      'One event as JSON, or in binary mode with its attributes as ce-… headers and its data as the body; a list of ' +
      'at most 100 as application/cloudevents-batch+json, each with a fate of its own.',
    consumes: ['application/cloudevents+json', 'application/json', 'application/cloudevents-batch+json'],
    body: z.union([cloudEventSchema, z.array(cloudEventSchema)]),
    response: {
      202: z.union([eventAnswerSchema, batchAnswerSchema]).describe('Accepted, now or before.'),
      207: batchAnswerSchema.describe('A batch of which some were refused.'),
    },
  };
  void app.register(async (scope) => {
    acceptRawBodies(scope);
    scope.post(
      '/v1/events',
      {
        config: { permission: 'events:emit' },
        handlerTimeout: WITHIN_MS,
        schema,
        // The body is bytes yet, and what they are depends on the mode.
        validatorCompiler: () => (value: unknown) => ({ value }),
      },
      async (request, reply) => {
        const mode = contentModeOf(request.headers);
        const body = rawBodyOf(request);
        const emit = (event: CloudEvent): Promise<EventAnswer> =>
          emitEvent(services, event, callerOf(request).name);
        if (mode !== 'BATCH') return reply.code(202).send(await emit(readEvent(mode, request.headers, body)));
        const { status, answer, headers } = await emitBatch(parseJson(body), emit, request.id);
        return reply.code(status).headers(headers).send(answer);
      },
    );
  });
}

/** @throws HttpProblem for an event that is refused */
async function emitEvent(services: Services, event: CloudEvent, actor: string): Promise<EventAnswer> {
  const result = await acceptEvent(services, { event, channel: 'HTTP', actor, when_full: 'REFUSE' });
  if (!result.ok) throw eventRefusal(result);
  return eventAnswer(result);
}
