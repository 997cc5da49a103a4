import { API_ROLES, type ApiRole } from '@phi/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, sendRaw, type ApiFixture, type Method } from '../testing/api-fixture.js';
import { generateApiKey } from './api-key.js';

/** The least role that may call each route, written down apart from the code that decides it. */
const LEAST_ROLE: Readonly<Record<string, ApiRole | 'public' | 'signed'>> = {
  'GET /health/live': 'public',
  'GET /health/ready': 'public',
  'GET /openapi.json': 'public',
  'GET /sign-in': 'public',
  'POST /sign-in': 'public',
  'GET /sign-out': 'public',
  'POST /sign-out': 'public',
  'GET /health': 'viewer',
  'GET /v1/jobs': 'viewer',
  'GET /v1/jobs/:job_id': 'viewer',
  'GET /v1/jobs/:job_id/versions': 'viewer',
  'POST /v1/validate': 'viewer',
  'GET /v1/executions': 'viewer',
  'GET /v1/executions/:execution_id': 'viewer',
  'GET /v1/executions/:execution_id/checkpoints': 'viewer',
  'GET /v1/executions/:execution_id/explain': 'viewer',
  'GET /v1/executions/:execution_id/logs': 'viewer',
  'GET /v1/runs': 'viewer',
  'GET /v1/runs/:run_id': 'viewer',
  'GET /v1/schedules': 'viewer',
  'GET /v1/schedules/:schedule_id': 'viewer',
  'GET /v1/schedules/:schedule_id/preview': 'viewer',
  'GET /v1/schedules/:schedule_id/ticks': 'viewer',
  'POST /v1/fsck': 'operator',
  'GET /v1/data-losses': 'viewer',
  'GET /v1/damaged-records': 'viewer',
  'GET /v1/damaged-records/:id': 'operator',
  'GET /v1/limits': 'viewer',
  'GET /v1/pools': 'viewer',
  'GET /v1/pools/:name': 'viewer',
  'GET /v1/executors': 'viewer',
  'GET /v1/remote-orphans': 'viewer',
  'GET /v1/graph': 'viewer',
  'POST /v1/jobs/:job_id/trigger': 'operator',
  'POST /v1/executions/:execution_id/cancel': 'operator',
  'POST /v1/runs/:run_id/cancel': 'operator',
  'POST /v1/runs/:run_id/rerun': 'operator',
  'GET /v1/dead-letters': 'viewer',
  'GET /v1/dead-letters/groups': 'viewer',
  'GET /v1/dead-letters/:execution_id': 'viewer',
  'POST /v1/dead-letters/:execution_id/retry': 'operator',
  'POST /v1/dead-letters/purge': 'operator',
  'POST /v1/dead-letters/redrive': 'operator',
  'GET /v1/dead-letters/redrives': 'viewer',
  'GET /v1/dead-letters/redrives/:redrive_id': 'viewer',
  'POST /v1/dead-letters/redrives/:redrive_id/cancel': 'operator',
  'GET /v1/errors': 'viewer',
  'GET /v1/errors/:queue': 'viewer',
  'GET /v1/errors/:queue/:id': 'viewer',
  'POST /v1/errors/:queue/:id/retry': 'operator',
  'POST /v1/errors/:queue/purge': 'operator',
  'GET /v1/executions/:execution_id/attempts': 'viewer',
  'GET /v1/executions/:execution_id/compare': 'viewer',
  'POST /v1/executions/:execution_id/retry': 'operator',
  'POST /v1/executions/retry': 'operator',
  'POST /v1/executions/cancel': 'operator',
  'POST /v1/events': 'operator',
  'POST /v1/webhooks/:source': 'signed',
  'POST /v1/callbacks/:execution_id/:stage': 'signed',
  'POST /v1/schedules/:schedule_id/pause': 'operator',
  'POST /v1/schedules/:schedule_id/resume': 'operator',
  'PUT /v1/jobs/:job_id': 'editor',
  'DELETE /v1/jobs/:job_id': 'editor',
  'POST /v1/apply': 'editor',
  'POST /v1/data-losses/acknowledge': 'admin',
  'PUT /v1/limits': 'admin',
  'PUT /v1/pools/:name': 'admin',
  'DELETE /v1/pools/:name': 'admin',
};

describe('access', () => {
  let api: ApiFixture;
  let port: number;

  beforeAll(async () => {
    api = await openApiFixture('access');
    port = await api.listen();
  });
  afterAll(() => api.close());

  const own = (): string[] =>
    api.routes.filter(({ url }) => !url.startsWith('/queues')).map(({ method, url }) => `${method} ${url}`);
  const guarded = (): { method: Method; url: string }[] =>
    api.routes
      .filter(({ permission }) => permission !== 'public' && permission !== 'signed')
      .map(({ method, url }) => ({
        method: method as Method,
        url: url.replace(/:\w+/g, 'x').replace('*', 'x'),
      }));

  it('has the routes of the table and no other', () => {
    const named = own().filter((route) => !route.startsWith('HEAD '));
    expect([...new Set(named)].sort()).toEqual(Object.keys(LEAST_ROLE).sort());
  });

  it('guards every HEAD as its GET', () => {
    const permissionOf = new Map(
      api.routes.map(({ method, url, permission }) => [`${method} ${url}`, permission]),
    );
    const heads = api.routes.filter(({ method }) => method === 'HEAD');
    expect(heads.length).toBeGreaterThan(10);
    for (const { url, permission } of heads) {
      expect([url, permissionOf.get(`GET ${url.replace(/(.)\/$/, '$1')}`)]).toEqual([url, permission]);
    }
  });

  it.each(Object.entries(LEAST_ROLE))('%s needs %s', async (route, least) => {
    const [method, url] = route.split(' ') as [Method, string];
    for (const role of API_ROLES) {
      if (least === 'signed') {
        expect((await api.send(method, url, { as: role, body: {} })).statusCode).toBe(401);
        continue;
      }
      const allowed = least === 'public' || API_ROLES.indexOf(role) >= API_ROLES.indexOf(least);
      const { statusCode } = await api.send(method, url.replace(/:\w+/g, 'x'), { as: role });
      expect([role, statusCode === 403]).toEqual([role, !allowed]);
      if (least !== 'public') expect(statusCode).not.toBe(401);
    }
  });

  it('refuses every guarded route without a valid key', async () => {
    const expired = await api.expiringKey(api.open.services.clock.now() - 1);
    const valid = api.keyOf.admin;
    const authorizations = {
      none: undefined,
      empty: '',
      'scheme alone': 'Bearer',
      nothing: 'Bearer nothing',
      unknown: `Bearer ${generateApiKey()}`,
      expired: `Bearer ${expired}`,
      'cut short': `Bearer ${valid.slice(0, -1)}`,
      lengthened: `Bearer ${valid}a`,
      'another scheme': `Basic ${valid}`,
      bare: valid,
      'its hash': `Bearer ${valid.toUpperCase()}`,
    };
    expect(guarded().length).toBeGreaterThan(40);
    for (const { method, url } of guarded()) {
      for (const [name, authorization] of Object.entries(authorizations)) {
        const headers = authorization === undefined ? {} : { authorization };
        const { statusCode, headers: answered } = await api.send(method, url, { as: null, headers });
        expect([method, url, name, statusCode]).toEqual([method, url, name, 401]);
        expect(answered['www-authenticate']).toBe('Bearer realm="phi"');
      }
    }
  });

  it('lets no way of writing a path go round the guard', async () => {
    const disguises = (path: string): string[] => [
      `${path}/`,
      `/${path}`,
      `${path}//`,
      `${path}%2f`,
      `${path}/.`,
      `${path};a=b`,
      `${path}.json`,
      `${path}/health/live`,
      `${path}%00`,
      `/health/live/..${path}`,
      `/health/live/%2e%2e${path}`,
      `/health/live%2f..${path}`,
      `/%2e${path}`,
      `/./${path}`,
      path.toUpperCase(),
      path.replace('/', '/%2e%2e/'),
      `${path}?x=/health/live`,
      `http://127.0.0.1/health/live/..${path}`,
    ];
    for (const { method, url } of guarded().filter(({ method: verb }) => verb !== 'HEAD')) {
      const answers = await Promise.all(
        disguises(url).map(async (path) => ({ path, ...(await sendRaw(port, method, path)) })),
      );
      const through = answers.filter(({ status }) => ![400, 401, 404].includes(status));
      expect(through.map(({ path, status }) => `${method} ${path}: ${String(status)}`)).toEqual([]);
    }
  });

  it('takes an expiring key until it expires', async () => {
    const key = await api.expiringKey(api.open.services.clock.now() + 60_000);
    const { statusCode } = await api.send('GET', '/v1/jobs', {
      as: null,
      headers: { authorization: `bearer ${key}` },
    });
    expect(statusCode).toBe(200);
  });

  it('keeps no key in Redis, only hashes', async () => {
    const dump = await api.open.redis.hgetall(`phi:{${api.open.services.namespace}/0}:api_keys`);
    expect(Object.keys(dump).length).toBeGreaterThanOrEqual(API_ROLES.length);
    for (const key of Object.values(api.keyOf)) expect(JSON.stringify(dump)).not.toContain(key);
  });

  it('sends the security headers with every answer, and none for other origins', async () => {
    for (const url of ['/health/live', '/v1/jobs', '/nowhere']) {
      const { headers } = await api.send('GET', url, { headers: { origin: 'https://elsewhere.example' } });
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['content-security-policy']).toContain("default-src 'none'");
      expect(headers['cache-control']).toBe('no-store');
      expect(headers['x-request-id']).toMatch(/^[0-9a-f]{16}$/);
      expect(headers['access-control-allow-origin']).toBeUndefined();
    }
  });
});
