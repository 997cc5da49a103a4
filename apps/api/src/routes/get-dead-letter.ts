import { getDeadLetter as get } from '@phi/engine';

import type { ApiApp, ApiContext } from '../api-context.js';
import { notFound } from '../http/not-found.js';
import { deadLetterSchema } from './dead-letter-view.js';
import { executionParams } from './execution-params.js';

/** GET /v1/dead-letters/{execution_id}. */
export function getDeadLetter(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'One dead letter',
    params: executionParams,
    response: { 200: deadLetterSchema },
  };
  app.get(
    '/v1/dead-letters/:execution_id',
    { config: { permission: 'executions:read' }, schema },
    async ({ params }) => {
      const found = await get(services, params.execution_id);
      if (found === undefined) throw notFound('dead letter', params.execution_id);
      return found;
    },
  );
}
