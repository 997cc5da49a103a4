import { ERROR_QUEUES } from '@phi/core';
import { reportExecutionErrors } from '@phi/engine';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const JOB = { job_id: 'load', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };
const CODE = 'EXEC_004_OUTPUT_FAILED';
const KIND = '0123456789ab';

describe('/v1/errors and /v1/dead-letters/redrive', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('errors');
    expect((await api.send('POST', '/v1/apply', { body: { jobs: [JOB] } })).statusCode).toBe(200);
    const { leases } = api.open.services;
    await leases.register({ executor_id: 'here', lease_ms: 600_000, places: 50, information: {} });
  });
  afterAll(() => api.close());

  async function failed(): Promise<string> {
    const { executions } = api.open.services;
    const started = await api.send('POST', '/v1/jobs/load/trigger', { as: 'operator' });
    const id = started.json<{ run_id: string }>().run_id;
    const base = { execution_id: id, nonce: 'n', op: 'n', actor: 'here' };
    const dead_letter = { fingerprint: KIND, kept_ms: 3_600_000, capacity: 100 };
    await executions.transition({ ...base, event: 'CLAIM', executor_id: 'here' });
    await executions.transition({ ...base, event: 'FAIL', reason: CODE, dead_letter });
    await reportExecutionErrors(api.open.services);
    return id;
  }
  const get = async (path: string) => (await api.send('GET', path, { as: 'viewer' })).json<unknown>();
  const post = (path: string, body: object = {}, as: 'viewer' | 'operator' = 'operator') =>
    api.send('POST', path, { as, body });

  it('says how full each queue is, and that it is bounded', async () => {
    expect(await get('/v1/errors')).toEqual({
      items: ERROR_QUEUES.map((queue) => ({
        queue,
        entries: 0,
        dropped: 0,
        capacity: 10_000,
        retention_hours: 168,
      })),
    });
  });

  it.each(['phi_execution_errors', 'phi_dead_letter'])(
    'shows, retries and purges what is in %s',
    async (queue) => {
      const [one, two] = [await failed(), await failed()];
      const asked = `/v1/errors/${queue}?job_id=load&error_code=${CODE}&from=2020-01-01T00:00:00Z`;
      expect(await get(asked)).toMatchObject({ queue, capacity: 10_000, items: [{ id: two }, { id: one }] });
      expect(await get(`/v1/errors/${queue}?to=2020-01-01T00:00:00Z`)).toMatchObject({ items: [] });
      expect(await get(`/v1/errors/${queue}/${one}`)).toMatchObject({
        id: one,
        error: { execution_id: one },
      });
      expect(await get(`/v1/errors/${queue}/nothing`)).toMatchObject({ status: 404 });
      expect((await post(`/v1/errors/${queue}/${one}/retry`, {}, 'viewer')).statusCode).toBe(403);
      const answer = await post(`/v1/errors/${queue}/${one}/retry`, { reason: 'mended' });
      expect(answer.json()).toMatchObject({ outcome: 'RETRIED', run_id: one });
      expect((await post(`/v1/errors/${queue}/nothing/retry`)).statusCode).toBe(404);
      expect((await post(`/v1/errors/${queue}/purge`, { ids: [] })).statusCode).toBe(422);
      expect((await post(`/v1/errors/${queue}/purge`, { ids: [two] })).json()).toEqual({ purged: [two] });
      expect(await get(`/v1/errors/${queue}`)).toMatchObject({ items: [] });
      await post('/v1/errors/phi_execution_errors/purge', { ids: [one, two] });
      await post('/v1/errors/phi_dead_letter/purge', { ids: [one, two] });
    },
  );

  it('knows no other queue', async () => {
    expect(await get('/v1/errors/phi_other')).toMatchObject({ status: 400, problems: [{ field: 'queue' }] });
  });

  it('begins a redrive, shows it, and cancels it', async () => {
    await failed();
    expect((await post('/v1/dead-letters/redrive', { fingerprint: KIND }, 'viewer')).statusCode).toBe(403);
    const nothing = await post('/v1/dead-letters/redrive', { batch_size: 3 });
    expect(nothing.json()).toMatchObject({ status: 422 });
    const begun = await post('/v1/dead-letters/redrive', { fingerprint: KIND, reason: 'mended' });
    expect([begun.statusCode, begun.json()]).toMatchObject([
      201,
      {
        state: 'PROBING',
        fingerprint: KIND,
        total: 1,
        batch_size: 10,
        stop_after_failures: 1,
        reason: 'mended',
      },
    ]);
    const { redrive_id: id } = begun.json<{ redrive_id: string }>();
    const again = await post('/v1/dead-letters/redrive', { fingerprint: KIND });
    expect(again.json()).toMatchObject({ status: 409, detail: expect.stringContaining(id) });
    expect(await get('/v1/dead-letters/redrives')).toMatchObject({ items: [{ redrive_id: id }] });
    expect(await get('/v1/dead-letters/redrives/nothing')).toMatchObject({ status: 404 });
    expect((await post(`/v1/dead-letters/redrives/${id}/cancel`)).json()).toMatchObject({
      state: 'CANCELLED',
    });
    expect(await get(`/v1/dead-letters/redrives/${id}`)).toMatchObject({ state: 'CANCELLED' });
  });
});
