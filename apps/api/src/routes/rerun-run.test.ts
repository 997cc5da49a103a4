import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';

const JOBS = ['first', 'second'].map((job_id, at) => ({
  job_id,
  job_type: 'INGESTION',
  pipeline_modules: ['ALPHA'],
  dependencies: at === 0 ? [] : [{ upstream_job_id: 'first' }],
}));

describe('POST /v1/runs/{run_id}/rerun', () => {
  let api: ApiFixture;
  let run: string;

  beforeAll(async () => {
    api = await openApiFixture('rerun');
    expect((await api.send('POST', '/v1/apply', { body: { jobs: JOBS } })).statusCode).toBe(200);
    const started = await api.send('POST', '/v1/jobs/first/trigger', { as: 'operator' });
    run = started.json<{ run_id: string }>().run_id;
  });
  afterAll(() => api.close());

  const rerun = (body?: object, id = run): ReturnType<ApiFixture['send']> =>
    api.send('POST', `/v1/runs/${id}/rerun`, { as: 'operator', body });

  it('is refused of what is open, of a run that is not there, and of jobs that are not in it', async () => {
    expect((await rerun()).json()).toMatchObject({ status: 409, code: 'API_003_CONFLICT' });
    expect((await rerun({ from: ['first'] })).json()).toMatchObject({
      status: 409,
      detail: expect.stringContaining('has not ended') as unknown,
    });
    expect((await rerun({}, 'nothing')).statusCode).toBe(404);
    expect((await rerun({ from: ['first', 'third'] })).json()).toMatchObject({
      status: 422,
      problems: [{ field: 'from[1]', value: 'third' }],
    });
    expect((await rerun({ from: [] })).statusCode).toBe(422);
  });

  it('opens a pass from what was cancelled by hand, once for each key', async () => {
    const cancelled = await api.send('POST', `/v1/runs/${run}/cancel`, { as: 'operator' });
    expect(cancelled.statusCode).toBe(200);
    const body = { reason: 'by mistake', idempotency_key: 'mended' };
    const answers = [await rerun(body), await rerun(body)];
    for (const answer of answers) {
      expect(answer.statusCode).toBe(201);
      expect(answer.json()).toEqual({ run_id: run, pass: 2, from: ['first'], after: ['second'] });
    }
    const shown = await api.send('GET', `/v1/runs/${run}`, { as: 'viewer' });
    const { status, executions } = shown.json<{
      status: string;
      executions: { job_id: string; status: string }[];
    }>();
    expect(status).toBe('running');
    expect(executions.map(({ job_id, status: of }) => [job_id, of])).toEqual([
      ['first', 'CANCELLED'],
      ['second', 'CANCELLED'],
      ['first', 'QUEUED'],
    ]);
  });

  it('goes by the definitions of now where that is asked for, and names those that are gone', async () => {
    await api.send('POST', `/v1/runs/${run}/cancel`, { as: 'operator' });
    const [first, second] = JOBS;
    const changed = { ...first, timeout_seconds: 5 };
    await api.send('POST', '/v1/apply', { body: { jobs: [changed, second] } });
    expect((await rerun({ definition: 'NOW' })).json()).toMatchObject({ pass: 3, from: ['first'] });
    const shown = await api.send('GET', `/v1/runs/${run}`, { as: 'viewer' });
    const { executions } = shown.json<{ executions: { job_revision: number }[] }>();
    expect(executions.at(-1)).toMatchObject({ job_id: 'first', status: 'QUEUED', job_revision: 2 });
    await api.send('POST', `/v1/runs/${run}/cancel`, { as: 'operator' });
    for (const job of ['second', 'first']) await api.send('DELETE', `/v1/jobs/${job}`);
    expect((await rerun({ definition: 'NOW' })).json()).toMatchObject({
      status: 422,
      problems: [{ field: 'definition', value: 'first' }],
    });
    expect((await rerun({ definition: 'LATER' })).statusCode).toBe(422);
  });
});
