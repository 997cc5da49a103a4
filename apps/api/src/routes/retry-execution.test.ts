import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const JOBS = ['load', 'send'].map((job_id) => ({
  job_id,
  job_type: 'OUTPUT',
  pipeline_modules: ['GAMMA'],
  tags: [`${job_id}s`],
}));
const CODE = 'EXEC_004_OUTPUT_FAILED';

interface Bulk {
  readonly items: readonly {
    readonly execution_id: string;
    readonly outcome: string;
    readonly started?: string;
  }[];
  readonly next_cursor?: string;
}

describe('POST /v1/executions/{id}/retry, /v1/executions/retry and /v1/executions/cancel', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('retry');
    expect((await api.send('POST', '/v1/apply', { body: { jobs: JOBS } })).statusCode).toBe(200);
    const { leases } = api.open.services;
    await leases.register({ executor_id: 'here', lease_ms: 600_000, places: 50, information: {} });
  });
  afterAll(() => api.close());

  async function triggered(job: string): Promise<string> {
    const started = await api.send('POST', `/v1/jobs/${job}/trigger`, { as: 'operator' });
    return started.json<{ run_id: string }>().run_id;
  }

  async function failed(job: string, more: object = {}): Promise<string> {
    const id = await triggered(job);
    const { executions } = api.open.services;
    const base = { execution_id: id, nonce: 'n', op: 'n', actor: 'here' };
    await executions.transition({ ...base, event: 'CLAIM', executor_id: 'here' });
    await executions.transition({ ...base, event: 'FAIL', reason: CODE, ...more });
    return id;
  }

  const post = (path: string, body: object = {}, as: 'viewer' | 'operator' = 'operator') =>
    api.send('POST', path, { as, body });
  const bulk = async (verb: 'retry' | 'cancel', body: object): Promise<Bulk> =>
    (await post(`/v1/executions/${verb}`, body)).json<Bulk>();
  const idsOf = ({ items }: Bulk): string[] => items.map(({ execution_id }) => execution_id);

  it('retries one once, and says what came of it', async () => {
    const id = await failed('load');
    expect((await post(`/v1/executions/${id}/retry`, {}, 'viewer')).statusCode).toBe(403);
    expect((await post('/v1/executions/nothing/retry')).statusCode).toBe(404);
    const answers = await Promise.all(
      [1, 2].map(() => post(`/v1/executions/${id}/retry`, { reason: 'mended' })),
    );
    const [answer] = answers.map((one) => one.json<{ execution_id: string }>());
    expect(answer).toMatchObject({ run_id: id, how: 'RERUN', pass: 2, after: [], status: 'QUEUED' });
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201]);
    const refused = await post(`/v1/executions/${id}/retry`, { idempotency_key: 'another' });
    expect(refused.json()).toMatchObject({
      status: 409,
      detail: expect.stringContaining(answer?.execution_id ?? '?'),
    });
    const open = await post(`/v1/executions/${answer?.execution_id ?? ''}/retry`);
    expect(open.json()).toMatchObject({ status: 409, detail: expect.stringContaining('QUEUED') });
  });

  it('starts what waits for its next attempt now', async () => {
    const next = 'the-second-attempt';
    const not_before = Date.now() + 3_600_000;
    const id = await failed('load', { retry: { execution_id: next, not_before, lost_attempts: 0 } });
    const answer = await post(`/v1/executions/${id}/retry`);
    expect(answer.json()).toEqual({ execution_id: next, run_id: id, how: 'NOW', status: 'QUEUED' });
  });

  it('retries what a filter finds, page by page, and each but once', async () => {
    const [one, two, three] = [await failed('send'), await failed('send'), await failed('send')];
    await failed('load');
    const filter = { job_id: 'send', error_code: CODE, tag: 'sends' };
    const dry = await bulk('retry', { ...filter, dry_run: true });
    expect(dry.items.map(({ outcome }) => outcome)).toEqual(['WOULD', 'WOULD', 'WOULD']);
    expect(idsOf(dry)).toEqual([three, two, one]);
    const first = await bulk('retry', { ...filter, limit: 2 });
    expect(first.items).toMatchObject([
      { execution_id: three, outcome: 'DONE', started: expect.any(String) },
      { execution_id: two, outcome: 'DONE' },
    ]);
    const rest = await bulk('retry', { ...filter, limit: 2, cursor: first.next_cursor });
    expect(idsOf(rest)).toEqual([one]);
    expect(idsOf(await bulk('retry', filter))).toEqual([]);
  });

  it.each([
    ['run_id', (id: string) => ({ run_id: id })],
    ['fingerprint', () => ({ fingerprint: 'abcdefabcdef' })],
    [
      'created_from',
      () => ({ status: 'FAILED', created_from: new Date(Date.now() - 60_000).toISOString(), job_id: 'load' }),
    ],
  ])('finds by %s', async (_, filter) => {
    const dead_letter = { fingerprint: 'abcdefabcdef', kept_ms: 3_600_000, capacity: 10 };
    const id = await failed('load', { dead_letter });
    const found = await bulk('retry', { ...filter(id), dry_run: true });
    expect(idsOf(found)).toContain(id);
    expect(idsOf(await bulk('retry', { ...filter(id), created_to: '2001-01-01T00:00:00Z' }))).toEqual([]);
    await post('/v1/dead-letters/purge', { execution_ids: [id] });
    await post(`/v1/executions/${id}/retry`);
  });

  it('cancels what a filter finds', async () => {
    const { items } = (await api.send('GET', '/v1/executions?job_id=send&status=QUEUED')).json<Bulk>();
    const open = items.map(({ execution_id }) => execution_id);
    expect(open).toHaveLength(3);
    expect(idsOf(await bulk('cancel', { job_id: 'send', dry_run: true }))).toEqual(open);
    const cancelled = await bulk('cancel', { job_id: 'send', reason: 'not today' });
    expect(cancelled.items.map((item) => [item.execution_id, item.outcome])).toEqual(
      open.map((id) => [id, 'DONE']),
    );
    expect(idsOf(await bulk('cancel', { job_id: 'send' }))).toEqual([]);
  });

  it('shows the attempts of a chain, and what differs between two of them', async () => {
    const get = async (url: string) =>
      (await api.send('GET', `/v1/executions/${url}`, { as: 'viewer' })).json();
    const next = 'another-attempt';
    const retry = { execution_id: next, not_before: Date.now() + 3_600_000, lost_attempts: 0 };
    const id = await failed('load', { retry });
    expect(await get(`${next}/attempts`)).toMatchObject({
      run_id: id,
      items: [
        { execution_id: id, status: 'FAILED', error_code: CODE, will_retry: true },
        { execution_id: next, status: 'PENDING', attempt_number: 2 },
      ],
      next_retry_time: new Date(retry.not_before).toISOString(),
    });
    expect(await get(`${id}/compare?with=${next}`)).toMatchObject({
      chosen: 'ASKED',
      outcome: expect.arrayContaining([{ field: 'status', before: 'PENDING', after: 'FAILED' }]),
    });
    expect(await get(`${id}/compare`)).toMatchObject({ status: 409 });
    expect(await get(`${id}/compare?with=nothing`)).toMatchObject({ status: 404 });
    expect(await get('nothing/attempts')).toMatchObject({ status: 404 });
    const other = await triggered('send');
    expect(await get(`${id}/compare?with=${other}`)).toMatchObject({
      status: 422,
      problems: [{ field: 'with' }],
    });
  });

  it('wants to know which, and lets nobody without the permission', async () => {
    const nothing = await post('/v1/executions/retry', { dry_run: true });
    expect(nothing.json()).toMatchObject({
      status: 422,
      problems: [{ accepted: expect.stringContaining('job_id') }],
    });
    for (const verb of ['retry', 'cancel'])
      expect((await post(`/v1/executions/${verb}`, { job_id: 'load' }, 'viewer')).statusCode).toBe(403);
  });
});
