import { generatedId } from '@phi/core';
import { purgeDeadLetters as purge } from '@phi/engine';
import * as z from 'zod';

import type { ApiApp, ApiContext } from '../api-context.js';

const AT_ONCE = 500;

/** POST /v1/dead-letters/purge: takes dead letters off their list (specification: Queue Operations, Purge). */
export function purgeDeadLetters(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Take dead letters off their list; the executions stay in the history',
    body: z.strictObject({ execution_ids: z.array(generatedId).min(1).max(AT_ONCE) }),
    response: { 200: z.strictObject({ purged: z.array(z.string()) }) },
  };
  app.post(
    '/v1/dead-letters/purge',
    { config: { permission: 'executions:cancel' }, schema },
    async ({ body }) => ({ purged: [...(await purge(services, body.execution_ids))] }),
  );
}
