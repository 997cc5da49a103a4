import type { ApiApp, ApiContext } from '../api-context.js';
import { findPool, poolParams } from './pool-params.js';
import { poolDetailSchema, viewPoolDetail } from './pool-view.js';

/** GET /v1/pools/{name}: a pool, who holds its slots and what waits for them (Rule 6). */
export function getPool(app: ApiApp, { services }: ApiContext): void {
  const schema = {
    summary: 'A pool, who holds its slots and what waits for them',
    params: poolParams,
    response: { 200: poolDetailSchema },
  };
  app.get('/v1/pools/:name', { config: { permission: 'config:read' }, schema }, async ({ params }) =>
    viewPoolDetail(await findPool(services, params.name)),
  );
}
