import { describe, expect, it } from '@jest/globals';
import { fastify } from 'fastify';

import { registerRouteAccess } from './route-access.js';

const handler = async (): Promise<string> => 'reached';

describe('registerRouteAccess', () => {
  it('keeps an app from booting that has a route without a permission', async () => {
    const app = fastify();
    registerRouteAccess(app);
    app.get('/open', handler);
    await expect(app.ready()).rejects.toThrow('no permission is registered for GET /open');
  });

  it('sees the routes of plugins, and takes no permission but those of the table', async () => {
    const app = fastify();
    registerRouteAccess(app);
    await app.register(async (scope) => {
      scope.post('/inner', { config: { permission: 'everything' as 'public' } }, handler);
    });
    await expect(app.ready()).rejects.toThrow('POST /inner');
  });

  it('takes no signed route that nothing verifies', async () => {
    const app = fastify();
    registerRouteAccess(app);
    app.post('/hook', { config: { permission: 'signed' } }, handler);
    app.post('/verified', { config: { permission: 'signed', verify: () => false } }, handler);
    await expect(app.ready()).rejects.toThrow(/for POST \/hook$/);
  });

  it('tells what each route demands', async () => {
    const app = fastify({ exposeHeadRoutes: false });
    const routes = registerRouteAccess(app);
    app.get('/a', { config: { permission: 'public' } }, handler);
    app.route({ method: ['PUT', 'PATCH'], url: '/b', config: { permission: 'jobs:write' }, handler });
    await app.ready();
    expect(routes()).toEqual([
      { method: 'GET', url: '/a', permission: 'public' },
      { method: 'PUT', url: '/b', permission: 'jobs:write' },
      { method: 'PATCH', url: '/b', permission: 'jobs:write' },
    ]);
  });
});
