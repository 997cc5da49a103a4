import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, sendRaw, type ApiFixture, type Method } from '../testing/api-fixture.js';

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const PAGE = { accept: 'text/html,application/xhtml+xml' };

describe('Bull Board', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('board');
  });
  afterAll(() => api.close());

  const signIn = (key: string, headers: Record<string, string> = {}): ReturnType<ApiFixture['send']> =>
    api.send('POST', '/sign-in', {
      as: null,
      headers: { ...FORM, ...headers },
      body: new URLSearchParams({ key }).toString(),
    });

  async function session(): Promise<string> {
    const { headers } = await signIn(api.keyOf.viewer);
    return String(headers['set-cookie']).split(';')[0] ?? '';
  }

  it('shows its pages, data and assets to a key', async () => {
    const page = await api.send('GET', '/queues', { as: 'viewer' });
    expect(page.statusCode).toBe(200);
    expect(page.headers['content-security-policy']).toContain("script-src 'self'");
    const scripts = [...page.body.matchAll(/(?:src|href)="(static\/[^"]+\.(?:js|css))"/g)].map(
      ([, file]) => `/queues/${String(file)}`,
    );
    expect(scripts.length).toBeGreaterThan(2);
    for (const url of [...scripts, '/queues/api/queues', '/queues/queue/phi_executions']) {
      expect([url, (await api.send('GET', url, { as: 'viewer' })).statusCode]).toEqual([url, 200]);
      expect([url, (await api.send('GET', url, { as: null })).statusCode]).toEqual([url, 401]);
    }
  });

  it('shows what waits to be taken in, and every error queue', async () => {
    const error = { job_id: 'a', error_message: 'the minute 61' };
    await api.open.services.errors.report('phi_scheduling_errors', {
      id: 'a',
      error_code: 'SCHED_001_INVALID_CRON',
      error,
    });
    const { body } = await api.send(
      'GET',
      '/queues/api/queues?activeQueue=phi_scheduling_errors&status=waiting',
      {
        as: 'viewer',
      },
    );
    const { queues } = JSON.parse(body) as {
      queues: { name: string; readOnlyMode: boolean; jobs: object[] }[];
    };
    expect(queues.map(({ name }) => name).sort()).toEqual([
      'phi_dead_letter',
      'phi_dependency_errors',
      'phi_events',
      'phi_execution_errors',
      'phi_executions',
      'phi_manual',
      'phi_scheduling_errors',
    ]);
    expect(queues.every(({ readOnlyMode }) => readOnlyMode)).toBe(true);
    const shown = queues.find(({ name }) => name === 'phi_scheduling_errors');
    expect(shown?.jobs).toEqual([expect.objectContaining({ name: 'SCHED_001_INVALID_CRON', data: error })]);
  });

  it('shows the queue of a pool as soon as it is dedicated', async () => {
    await api.send('PUT', '/v1/pools/gpu', { as: 'admin', body: { dedicated: true } });
    for (let times = 0; times < 2; times++) {
      const { body } = await api.send('GET', '/queues/api/queues', { as: 'viewer' });
      const { queues } = JSON.parse(body) as { queues: { name: string; readOnlyMode: boolean }[] };
      expect(queues.filter(({ name }) => name === 'phi_executions_gpu')).toMatchObject([
        { readOnlyMode: true },
      ]);
    }
  });

  it('refuses to change anything, whoever asks', async () => {
    const writing = api.routes.filter(
      ({ method, url }) => url.startsWith('/queues') && !['GET', 'HEAD'].includes(method),
    );
    expect(writing.length).toBeGreaterThan(20);
    for (const { method, url } of writing) {
      const path = url.replace(':queueName', 'phi_executions').replace(/:\w+/g, 'x');
      const { statusCode } = await api.send(method as Method, path, { as: 'admin', body: {} });
      expect([method, path, statusCode]).toEqual([method, path, 405]);
    }
  });

  it('serves nothing from outside its folder', async () => {
    const port = await api.listen();
    const authorization = `Bearer ${api.keyOf.admin}`;
    for (const path of [
      '/queues/static/../index.ejs',
      '/queues/static/%2e%2e/index.ejs',
      '/queues/static/..%2findex.ejs',
      '/queues/static//etc/passwd',
    ]) {
      const { status } = await sendRaw(port, 'GET', path, { authorization });
      expect([path, [400, 403, 404].includes(status)]).toEqual([path, true]);
    }
  });

  it('sends a browser without a session to the sign-in page, and a program away', async () => {
    const browser = await api.send('GET', '/queues', { as: null, headers: PAGE });
    expect([browser.statusCode, browser.headers.location]).toEqual([303, '/sign-in']);
    expect((await api.send('GET', '/queues', { as: null })).statusCode).toBe(401);
    expect((await api.send('GET', '/sign-in', { as: null })).body).toContain(
      '<form method="post" action="/sign-in">',
    );
  });

  it('opens a session for a valid key, in a cookie that no script and no other site gets', async () => {
    const answer = await signIn(api.keyOf.viewer);
    expect([answer.statusCode, answer.headers.location]).toEqual([303, '/queues']);
    expect(String(answer.headers['set-cookie'])).toMatch(
      /^phi_session=[\w-]{43}; Max-Age=43200; Path=\/; HttpOnly; SameSite=Strict$/,
    );
    const cookie = await session();
    expect((await api.send('GET', '/queues', { as: null, headers: { cookie } })).statusCode).toBe(200);
  });

  it('lets a session do nothing but look at the queues', async () => {
    const { headers } = await signIn(api.keyOf.admin);
    const cookie = String(headers['set-cookie']).split(';')[0] ?? '';
    expect((await api.send('GET', '/v1/jobs', { as: null, headers: { cookie } })).statusCode).toBe(401);
    expect(
      (await api.send('POST', '/v1/jobs/x/trigger', { as: null, headers: { cookie }, body: {} })).statusCode,
    ).toBe(401);
  });

  it('ends a session at sign-out, and with its key', async () => {
    const cookie = await session();
    const out = await api.send('POST', '/sign-out', { as: null, headers: { cookie, ...FORM }, body: '' });
    expect(out.statusCode).toBe(303);
    expect((await api.send('GET', '/queues', { as: null, headers: { cookie } })).statusCode).toBe(401);

    const expiring = await api.expiringKey(api.open.services.clock.now() + 60_000);
    const second = String((await signIn(expiring)).headers['set-cookie']).split(';')[0] ?? '';
    expect((await api.send('GET', '/queues', { as: null, headers: { cookie: second } })).statusCode).toBe(
      200,
    );
    await api.open.redis.del(`phi:{${api.open.services.namespace}/0}:api_keys`);
    expect((await api.send('GET', '/queues', { as: null, headers: { cookie: second } })).statusCode).toBe(
      401,
    );
  });

  it.each([
    ['a wrong key', {}, 'phi_wrong', 401],
    ['a page of another origin', { origin: 'https://elsewhere.example' }, '', 403],
    ['a page of another site', { 'sec-fetch-site': 'cross-site' }, '', 403],
  ])('opens none for %s', async (_name, headers, key, status) => {
    const answer = await signIn(key, headers);
    expect(answer.statusCode).toBe(status);
    expect(answer.headers['set-cookie']).toBeUndefined();
  });

  it('opens one for our own page, whatever its referrer policy hides', async () => {
    const page = await api.send('GET', '/sign-in', { as: null });
    expect(page.headers['referrer-policy']).toBe('same-origin');
    const headers = { origin: 'null', 'sec-fetch-site': 'same-origin' };
    expect(
      (await signIn(await api.expiringKey(api.open.services.clock.now() + 60_000), headers)).statusCode,
    ).toBe(303);
    expect((await signIn('', { origin: 'null' })).statusCode).toBe(403);
  });

  it('shows nothing of what was typed', async () => {
    const answer = await signIn('<script>alert(1)</script>');
    expect(answer.statusCode).toBe(401);
    expect(answer.body).not.toContain('alert(1)');
  });
});
