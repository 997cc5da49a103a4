import * as z from 'zod';

import { callerOf, demandPermission } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { applyAnswerSchema } from '../definitions/apply-answer.js';
import { applyBody } from '../definitions/apply-body.js';
import { definitionsBody } from '../definitions/definitions-body.js';

/** A set of many jobs takes longer to compile than other requests may take, in milliseconds. */
const WITHIN_MS = 30_000;

const query = z.strictObject({
  dry_run: z
    .enum(['true', 'false'])
    .default('false')
    .describe('true answers what would change, and changes nothing.'),
});

/** POST /v1/apply: registers a set of definitions, whole or not at all. Pools and limits need config:write besides. */
export function apply(app: ApiApp, { services, webhookSecrets }: ApiContext): void {
  const schema = {
    summary: 'Register a set of definitions',
    querystring: query,
    body: definitionsBody,
    response: { 200: applyAnswerSchema },
  };
  app.post(
    '/v1/apply',
    { config: { permission: 'jobs:write' }, handlerTimeout: WITHIN_MS, schema },
    async (request) => {
      const { body } = request;
      if (body.pools !== undefined || body.limits !== undefined) demandPermission(request, 'config:write');
      return applyBody(services, body, {
        author: callerOf(request).name,
        dry_run: request.query.dry_run === 'true',
        webhookSecrets,
      });
    },
  );
}
