import { ACCEPT_OUTCOMES, EVENT_BYTES, type AcceptOutcome } from '@phi/core';
import { acceptEvent, type Services } from '@phi/engine';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { checkEvent } from '../events/check-event.js';
import { eventRefusal } from '../events/event-refusal.js';
import { acceptRawBodies, parseJson, rawBodyOf } from '../http/raw-body.js';
import { verifyWebhook } from '../webhooks/verify-webhook.js';
import { webhookEvent } from '../webhooks/webhook-event.js';

const params = z.strictObject({ source: z.string().describe('Who sends it; triggers name it.') });

/** Checked with the signature; described here. */
const headers = z.looseObject({
  'webhook-id': z.string().describe('Identifies the message: one that is sent again is the same event.'),
  'webhook-timestamp': z.string().describe('When it was sent, Unix time in seconds; at most 300 from now.'),
});

const answer = z.strictObject({ outcome: z.enum(ACCEPT_OUTCOMES) });

/** POST /v1/webhooks/{source}: a signed event from elsewhere (specification: Event-Based Triggers; Standard Webhooks). */
export function webhooks(app: ApiApp, { services, webhookSecrets }: ApiContext): void {
  const schema = {
    summary: 'Take a signed webhook',
    params,
    headers,
    body: z.unknown().describe('JSON of at most 64 KiB: the data of the event.'),
    response: { 202: answer.describe('Accepted, now or before.') },
  };
  void app.register(async (scope) => {
    acceptRawBodies(scope);
    scope.withTypeProvider<ZodTypeProvider>().post(
      '/v1/webhooks/:source',
      {
        config: {
          permission: 'signed',
          verify: (request) => verifyWebhook(request, webhookSecrets, services.clock),
        },
        bodyLimit: EVENT_BYTES,
        schema,
      },
      async (request, reply) => {
        const sent = { id: request.headers['webhook-id'], timestamp: request.headers['webhook-timestamp'] };
        const body = parseJson(rawBodyOf(request));
        const { source } = request.params;
        const outcome = await take(services, source, webhookEvent(source, sent, body));
        return reply.code(202).send({ outcome });
      },
    );
  });
}

/** @throws HttpProblem for an event that is refused */
async function take(services: Services, source: string, event: unknown): Promise<AcceptOutcome> {
  const result = await acceptEvent(services, {
    event: checkEvent(event),
    channel: 'WEBHOOK',
    actor: `webhook:${source}`,
    when_full: 'REFUSE',
  });
  if (!result.ok) throw eventRefusal(result);
  return result.outcome;
}
