import { authoredLimitsSchema } from '@phi/core';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { limitChanges } from '../definitions/limit-changes.js';
import { limitsSchema, viewLimits } from './limits.js';

/** PUT /v1/limits: changes what is given of the limits of the namespace; it holds at once (Rule 7). */
export function putLimits(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Change limits: what is left out stays as it is, null takes the limit of a job type away',
    body: authoredLimitsSchema,
    response: { 200: limitsSchema },
  };
  app.put('/v1/limits', { config: { permission: 'config:write' }, schema }, async (request) => {
    await services.limits.change(limitChanges({ limits: request.body }));
    request.log.info({ limits: request.body, actor: callerOf(request).name }, 'limits changed');
    return viewLimits(services);
  });
}
