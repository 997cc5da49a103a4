import { authoredPoolSchema } from '@phi/core';

import { callerOf } from '../access/guard.js';
import type { ApiApp, ApiContext } from '../api-context.js';
import { limitChanges } from '../definitions/limit-changes.js';
import { findPool, poolParams } from './pool-params.js';
import { poolDetailSchema, viewPoolDetail } from './pool-view.js';

const settings = authoredPoolSchema.omit({ name: true });

/** PUT /v1/pools/{name}: makes a pool, or changes what is given of one; it holds at once (Rule 6). */
export function putPool(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'Make a pool, or change it: what is left out stays as it is, null takes a limit away',
    params: poolParams,
    body: settings,
    response: { 200: poolDetailSchema },
  };
  app.put('/v1/pools/:name', { config: { permission: 'config:write' }, schema }, async (request) => {
    const { name } = request.params;
    await services.limits.change(limitChanges({ pools: [{ ...request.body, name }] }));
    request.log.info({ pool: name, settings: request.body, actor: callerOf(request).name }, 'pool changed');
    return viewPoolDetail(await findPool(services, name));
  });
}
