import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

describe('pools and limits', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('pools');
  });
  afterAll(() => api.close());

  const put = (url: string, body: object) => api.send('PUT', url, { as: 'admin', body });
  const problemsOf = (answer: { json(): unknown }) =>
    (answer.json() as { problems: { field: string; reason: string; accepted: string }[] }).problems;

  it('make a pool, change what is given of it, and take a limit away with null', async () => {
    const made = await put('/v1/pools/narrow', { pool_concurrency_limit: 3, cpu_cores: 1.5 });
    expect([made.statusCode, made.json()]).toEqual([
      200,
      expect.objectContaining({
        name: 'narrow',
        pool_concurrency_limit: 3,
        cpu_cores: 1.5,
        memory_mb: null,
        paused: false,
        dedicated: false,
        held: 0,
        waiting: 0,
        queue: [],
      }),
    ]);
    const changed = await put('/v1/pools/narrow', { memory_mb: 512, cpu_cores: null, paused: true });
    expect(changed.json()).toMatchObject({
      pool_concurrency_limit: 3,
      cpu_cores: null,
      memory_mb: 512,
      paused: true,
    });
    const { body } = await api.send('GET', '/v1/pools/narrow', { as: 'viewer' });
    expect(JSON.parse(body)).toEqual(changed.json());
  });

  it('list those that are known, that jobs name, and the default, page by page', async () => {
    const job = {
      job_type: 'INGESTION',
      pipeline_modules: ['ALPHA'],
      resources: { resource_pool: 'of-a-job' },
    };
    await put('/v1/jobs/a', { ...job, job_id: 'a' });
    await put('/v1/pools/last', {});
    const names: string[] = [];
    for (let cursor = ''; ;) {
      const answer = await api.send('GET', `/v1/pools?limit=1${cursor}`, { as: 'viewer' });
      const page = answer.json<{ items: { name: string; is_known: boolean }[]; next_cursor?: string }>();
      names.push(...page.items.map(({ name, is_known }) => `${name} ${String(is_known)}`));
      if (page.next_cursor === undefined) break;
      cursor = `&cursor=${page.next_cursor}`;
    }
    expect(names).toEqual(['default false', 'last true', 'narrow true', 'of-a-job false']);
  });

  it.each([
    [{ pool_concurrency_limit: 0 }, { field: 'pool_concurrency_limit', reason: 'is below the minimum of 1' }],
    [{ cpu_core: 1 }, { field: 'cpu_core', reason: 'is not a known field; did you mean cpu_cores?' }],
    [{ paused: 'yes' }, { field: 'paused', accepted: 'true or false' }],
  ])('refuse %j with the field', async (body, problem) => {
    const answer = await put('/v1/pools/narrow', body);
    expect(answer.statusCode).toBe(422);
    expect(problemsOf(answer)).toEqual([expect.objectContaining(problem)]);
  });

  it('know no pool by a wrong name, and say which was meant', async () => {
    const answer = await api.send('GET', '/v1/pools/narow', { as: 'viewer' });
    expect(answer.statusCode).toBe(404);
    expect(problemsOf(answer)).toMatchObject([{ field: 'name', accepted: 'narrow' }]);
  });

  it('forget a pool that no job names', async () => {
    const remove = (name: string) => api.send('DELETE', `/v1/pools/${name}`, { as: 'admin' });
    await put('/v1/pools/of-a-job', {});
    const refused = await remove('of-a-job');
    expect(refused.statusCode).toBe(409);
    expect(refused.json()).toMatchObject({
      code: 'API_003_CONFLICT',
      detail: expect.stringContaining('jobs: a.'),
    });
    expect((await remove('narrow')).json()).toEqual({ removed: 'narrow' });
    expect((await remove('narrow')).statusCode).toBe(404);
  });

  it('set limits, and say them', async () => {
    const body = { global_max_concurrent: 7, enforcement_mode: 'REJECT', job_types: { OUTPUT: 2 } };
    expect((await put('/v1/limits', body)).json()).toMatchObject({
      limits: { global: 7, 'type:OUTPUT': 2 },
      enforcement_mode: 'REJECT',
    });
    await put('/v1/limits', { job_types: { OUTPUT: null }, enforcement_mode: 'QUEUE' });
    const after = (await api.send('GET', '/v1/limits', { as: 'viewer' })).json<{ limits: object }>();
    expect(after).toMatchObject({ limits: { global: 7 }, enforcement_mode: 'QUEUE' });
    expect(Object.keys(after.limits)).not.toContain('type:OUTPUT');
    const wrong = await put('/v1/limits', { global_max_concurrent: 0, job_types: { OUTPT: 1 } });
    expect(
      problemsOf(wrong)
        .map(({ field }) => field)
        .sort(),
    ).toEqual(['global_max_concurrent', 'job_types.OUTPT']);
  });

  it('answer 429 where intake is rejected', async () => {
    await put('/v1/limits', { global_max_concurrent: 1, enforcement_mode: 'REJECT' });
    await api.open.services.leases.register({
      executor_id: 'e',
      lease_ms: 60_000,
      places: 5,
      information: {},
    });
    const start = () => api.send('POST', '/v1/jobs/a/trigger', { as: 'operator', body: {} });
    expect((await start()).statusCode).toBe(201);
    const refused = await start();
    expect([refused.statusCode, refused.json()]).toEqual([
      429,
      expect.objectContaining({ code: 'RES_007_CONCURRENCY_LIMIT' }),
    ]);
    expect(refused.headers['retry-after']).toBe('2');
  });
});
