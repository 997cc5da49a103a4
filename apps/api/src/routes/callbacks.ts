import { generatedId, identifier } from '@phi/core';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';
import { acceptRawBodies } from '../http/raw-body.js';
import { verifyCallback } from '../webhooks/verify-callback.js';

const params = z.strictObject({
  execution_id: generatedId,
  stage: identifier.describe('The module’s name in pipeline_modules.'),
});

/** Checked with the signature; described here. */
const headers = z.looseObject({
  'webhook-id': z.string().describe('Identifies the message.'),
  'webhook-timestamp': z.string().describe('When it was sent, Unix time in seconds; at most 300 from now.'),
});

/**
 * POST /v1/callbacks/{execution_id}/{stage}: a remote module says that its job has changed. It wakes whoever waits, who then asks the
 * module; what the message says is not looked at, so that one sent twice, late or by mistake changes nothing.
 */
export function callbacks(app: ApiApp, { services, callbackSecret }: ApiContext): void {
  const schema = {
    summary: 'Say that a job of a remote module has changed',
    params,
    headers,
    body: z.unknown().describe('The status of the job, as the module contract has it.'),
    response: { 204: z.null().describe('Heard.') },
  };
  void app.register(async (scope) => {
    acceptRawBodies(scope);
    scope.withTypeProvider<ZodTypeProvider>().post(
      '/v1/callbacks/:execution_id/:stage',
      {
        config: {
          permission: 'signed',
          verify: (request) => verifyCallback(request, callbackSecret, services.clock),
        },
        schema,
      },
      async (request, reply) => {
        const { execution_id, stage } = request.params;
        await services.remoteJobs.wake(execution_id, stage);
        return reply.code(204).send(null);
      },
    );
  });
}
