import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const JOB = { job_id: 'load', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };

describe('/v1/dead-letters', () => {
  let api: ApiFixture;
  let id: string;

  beforeAll(async () => {
    api = await openApiFixture('dead-letters');
    expect((await api.send('POST', '/v1/apply', { body: { jobs: [JOB] } })).statusCode).toBe(200);
    const { leases, executions } = api.open.services;
    await leases.register({ executor_id: 'here', lease_ms: 600_000, places: 1, information: {} });
    const started = await api.send('POST', '/v1/jobs/load/trigger', { as: 'operator' });
    id = started.json<{ run_id: string }>().run_id;
    const base = { execution_id: id, nonce: 'n', op: 'n', actor: 'here' };
    await executions.transition({ ...base, event: 'CLAIM', executor_id: 'here' });
    await executions.transition({
      ...base,
      event: 'FAIL',
      reason: 'EXEC_004_OUTPUT_FAILED',
      result: JSON.stringify({ error_code: 'EXEC_004_OUTPUT_FAILED', error_message: 'disk full' }),
      failure: JSON.stringify({ error_category: 'PERMANENT', stack_trace: 'at there' }),
      dead_letter: { fingerprint: '0123456789ab', kept_ms: 3_600_000, capacity: 10 },
    });
  });
  afterAll(() => api.close());

  const LETTER = {
    job_id: 'load',
    error_code: 'EXEC_004_OUTPUT_FAILED',
    error_message: 'disk full',
    fingerprint: '0123456789ab',
    stack_trace: 'at there',
  };

  it('shows them, one of them, and their kinds to whoever may read executions', async () => {
    const asked = '?job_id=load&fingerprint=0123456789ab&error_code=EXEC_004_OUTPUT_FAILED';
    const listed = await api.send('GET', `/v1/dead-letters${asked}`, { as: 'viewer' });
    expect(listed.json()).toMatchObject({ items: [{ ...LETTER, execution_id: id }] });
    expect((await api.send('GET', `/v1/dead-letters/${id}`, { as: 'viewer' })).json()).toMatchObject(LETTER);
    const groups = await api.send('GET', '/v1/dead-letters/groups', { as: 'viewer' });
    expect(groups.json()).toMatchObject({ items: [{ count: 1, latest: LETTER }], dropped: 0 });
    expect((await api.send('GET', '/v1/dead-letters?job_id=other', { as: 'viewer' })).json()).toEqual({
      items: [],
    });
  });

  it('names what is wrong with a question', async () => {
    const wrong = await api.send('GET', '/v1/dead-letters?fingerprint=xyz', { as: 'viewer' });
    expect(wrong.json()).toMatchObject({ status: 400, problems: [{ field: 'fingerprint' }] });
    expect((await api.send('GET', '/v1/dead-letters/nothing', { as: 'viewer' })).statusCode).toBe(404);
    const empty = await api.send('POST', '/v1/dead-letters/purge', {
      as: 'operator',
      body: { execution_ids: [] },
    });
    expect(empty.statusCode).toBe(422);
  });

  it('retries one once, and lets only whoever may trigger', async () => {
    const retry = (as: 'viewer' | 'operator', which = id) =>
      api.send('POST', `/v1/dead-letters/${which}/retry`, { as, body: { reason: 'mended' } });
    expect((await retry('viewer')).statusCode).toBe(403);
    expect((await retry('operator', 'nothing')).statusCode).toBe(404);
    const answers = await Promise.all([retry('operator'), retry('operator')]);
    for (const answer of answers)
      expect(answer.json()).toEqual({ run_id: id, pass: 2, from: ['load'], after: [] });
    expect((await api.send('GET', '/v1/dead-letters', { as: 'viewer' })).json()).toEqual({ items: [] });
    const purge = await api.send('POST', '/v1/dead-letters/purge', {
      as: 'operator',
      body: { execution_ids: [id] },
    });
    expect(purge.json()).toEqual({ purged: [] });
  });
});
