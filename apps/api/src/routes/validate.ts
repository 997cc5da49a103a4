import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { applyAnswerSchema } from '../definitions/apply-answer.js';
import { applyBody } from '../definitions/apply-body.js';
import { definitionsBody } from '../definitions/definitions-body.js';

/** A set of many jobs takes longer to compile than other requests may take, in milliseconds. */
const WITHIN_MS = 30_000;

/** POST /v1/validate: checks a set of definitions against what is registered; changes nothing. */
export function validate(app: ApiApp, { services, webhookSecrets }: ApiContext): void {
  const schema = {
    summary: 'Check a set of definitions',
    body: definitionsBody,
    response: { 200: applyAnswerSchema },
  };
  app.post(
    '/v1/validate',
    { config: { permission: 'jobs:read' }, handlerTimeout: WITHIN_MS, schema },
    async (request) =>
      applyBody(services, request.body, { author: callerOf(request).name, dry_run: true, webhookSecrets }),
  );
}
