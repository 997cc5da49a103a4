import { executionSchema, explanationSchema, orchestrationHealthStatusSchema } from '@phi/core';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import * as z from 'zod';

import { openApiFixture, type ApiFixture } from '../testing/api-fixture.js';
import { runSchema } from './run-view.js';

interface Started {
  readonly execution_id: string;
  readonly run_id: string;
  readonly status: string;
  readonly created: boolean;
}

const JOBS = [
  {
    job_id: 'ingest',
    job_type: 'INGESTION',
    pipeline_modules: ['ALPHA'],
    parameters: { rows: 1, secret: 'a' },
    parameter_schema: { properties: { rows: { type: 'integer', maximum: 10 } } },
    locked_parameters: ['secret'],
  },
  {
    job_id: 'report',
    job_type: 'OUTPUT',
    pipeline_modules: ['GAMMA'],
    dependencies: [{ upstream_job_id: 'ingest' }],
  },
  {
    job_id: 'idle',
    job_type: 'OUTPUT',
    pipeline_modules: ['GAMMA'],
    enabled: false,
    schedule: { schedule_type: 'CRON', cron_expression: '0 7 * * *', timezone: 'Europe/Berlin' },
  },
];

describe('executions', () => {
  let api: ApiFixture;

  beforeAll(async () => {
    api = await openApiFixture('executions');
    expect((await api.send('POST', '/v1/apply', { body: { jobs: JOBS } })).statusCode).toBe(200);
  });
  afterAll(() => api.close());

  const trigger = (
    job: string,
    body?: object,
    headers: Record<string, string> = {},
  ): ReturnType<ApiFixture['send']> =>
    api.send('POST', `/v1/jobs/${job}/trigger`, { as: 'operator', body, headers });

  it('start by hand, with overrides merged over the defaults', async () => {
    const answer = await trigger('ingest', { parameters: { rows: 5 } });
    expect(answer.statusCode).toBe(201);
    const started = answer.json<Started>();
    expect(started).toMatchObject({ status: 'QUEUED', created: true, run_id: started.execution_id });
    const execution = (
      await api.send('GET', `/v1/executions/${started.execution_id}`, { as: 'viewer' })
    ).json<{ history: object[]; checkpoint: null; remote_jobs: object[] }>();
    expect(execution).toMatchObject({
      job_id: 'ingest',
      trigger_type: 'MANUAL',
      parameters: { rows: 5, secret: 'a' },
      job_revision: 1,
    });
    expect(execution.history[0]).toMatchObject({ event: 'CREATE', actor: 'a operator' });
    const { history: _history, checkpoint: _checkpoint, remote_jobs, ...specified } = execution;
    expect(remote_jobs).toEqual([]);
    expect(executionSchema.safeParse(specified).error).toBeUndefined();
  });

  it('start without a body', async () => {
    expect((await trigger('ingest')).statusCode).toBe(201);
  });

  it.each([
    ['in the header', {}, { 'idempotency-key': 'in-header' }],
    ['in the body', { idempotency_key: 'in-body' }, {}],
    ['in both', { idempotency_key: 'in-both' }, { 'idempotency-key': 'in-both' }],
  ])('start once for a key %s, however often it is asked', async (_name, body, headers) => {
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => trigger('ingest', body, headers as Record<string, string>)),
    );
    const started = answers.map((answer) => answer.json<Started>());
    expect(new Set(started.map(({ execution_id }) => execution_id)).size).toBe(1);
    expect(started.filter(({ created }) => created)).toHaveLength(1);
    expect(answers.map(({ statusCode }) => statusCode).sort((a, b) => a - b)).toEqual([
      200, 200, 200, 200, 201,
    ]);
  });

  it('do not start for', async () => {
    const refusals: [body: object, headers: Record<string, string>, status: number, problem: object][] = [
      [{ idempotency_key: 'one' }, { 'idempotency-key': 'other' }, 422, { field: 'idempotency_key' }],
      [
        { idempotency_key: '' },
        {},
        422,
        { field: 'idempotency_key', accepted: '1 to 255 visible ASCII characters' },
      ],
      [{}, { 'idempotency-key': 'with space' }, 400, { field: 'Idempotency-Key' }],
      [
        { parameters: { secret: 'b' } },
        {},
        422,
        { field: 'parameters.secret', reason: 'is locked by the job and cannot be overridden' },
      ],
      [
        { parameters: { rows: 11 } },
        {},
        422,
        { field: 'parameters.rows', reason: 'is too large', accepted: 'a whole number of at most 10' },
      ],
      [{ parameters: [] }, {}, 422, { field: 'parameters', reason: 'is not a mapping' }],
      [
        { parameter: {} },
        {},
        422,
        { field: 'parameter', reason: 'is not a known field; did you mean parameters?' },
      ],
      [
        { parameters: { big: 'x'.repeat(300_000) } },
        {},
        422,
        { field: 'parameters', reason: 'is too large' },
      ],
    ];
    const count = async (): Promise<number> => (await api.open.services.executions.countByStatus()).QUEUED;
    const before = await count();
    for (const [body, headers, status, problem] of refusals) {
      const answer = await trigger('ingest', body, headers);
      expect([answer.statusCode, answer.json()]).toMatchObject([
        status,
        { problems: expect.arrayContaining([expect.objectContaining(problem)]) },
      ]);
    }
    expect(await count()).toBe(before);
  });

  it('do not start for a job that is not there, and the one that was meant is named', async () => {
    const answer = await trigger('ingset');
    expect([answer.statusCode, answer.json()]).toMatchObject([
      404,
      {
        code: 'API_002_NOT_FOUND',
        detail: 'There is no job ingset. Did you mean ingest?',
        problems: [{ field: 'job_id', accepted: 'ingest' }],
      },
    ]);
  });

  it('do not start for a job that is disabled', async () => {
    const answer = await trigger('idle');
    expect([answer.statusCode, answer.json()]).toMatchObject([409, { code: 'SKIP_004_JOB_DISABLED' }]);
  });

  it('are listed the newest first, page by page, by status and job', async () => {
    await trigger('report');
    const all = (await api.send('GET', '/v1/executions?limit=500')).json<{
      items: { execution_id: string; status: string; job_id: string }[];
    }>().items;
    expect(z.array(executionSchema).safeParse(all).error).toBeUndefined();
    const paged: string[] = [];
    for (let cursor = ''; ;) {
      const page = (await api.send('GET', `/v1/executions?limit=2${cursor}`)).json<{
        items: { execution_id: string }[];
        next_cursor?: string;
      }>();
      paged.push(...page.items.map(({ execution_id }) => execution_id));
      if (page.next_cursor === undefined) break;
      cursor = `&cursor=${encodeURIComponent(page.next_cursor)}`;
    }
    expect(all.length).toBeGreaterThan(4);
    expect(paged).toEqual(all.map(({ execution_id }) => execution_id));
    const pending = (await api.send('GET', '/v1/executions?status=PENDING&job_id=report')).json<{
      items: object[];
    }>().items;
    expect(pending).toMatchObject([{ job_id: 'report', status: 'PENDING' }]);
  });

  it('form runs', async () => {
    const { run_id } = (await trigger('ingest', {}, { 'idempotency-key': 'a-run' })).json<Started>();
    const runs = (await api.send('GET', '/v1/runs')).json<{ items: unknown[] }>().items;
    expect(z.array(runSchema).safeParse(runs).error).toBeUndefined();
    expect(runs[0]).toMatchObject({
      run_id,
      job_id: 'ingest',
      trigger_type: 'MANUAL',
      status: 'running',
      finished_time: null,
    });
    const run = (await api.send('GET', `/v1/runs/${run_id}`)).json();
    expect(run).toMatchObject({ run_id, executions: [{ execution_id: run_id, job_id: 'ingest' }] });
  });

  it('are explained, and computed again where that is asked for', async () => {
    const { execution_id } = (await trigger('report')).json<Started>();
    const url = `/v1/executions/${execution_id}/explain`;
    const answer = await api.send('GET', url, { as: 'viewer' });
    expect(answer.statusCode).toBe(200);
    const explanation = explanationSchema.parse(answer.json());
    expect(explanation).toMatchObject({
      execution_id,
      status: 'PENDING',
      summary: expect.stringContaining('PENDING: it depends on ingest (latest: '),
      holds: [{ kind: 'DEPENDENCIES', rule: 2 }],
      replay: null,
    });
    expect((await api.send('GET', `${url}?replay=true`)).json()).toMatchObject({
      replay: { checked: 1, differences: [] },
    });
    const refused = await api.send('GET', `${url}?replay=yes`);
    expect([refused.statusCode, refused.json()]).toMatchObject([400, { problems: [{ field: 'replay' }] }]);
  });

  it('have logs that can be followed', async () => {
    const { execution_id } = (await trigger('ingest')).json<Started>();
    await api.open.services.logs.append(execution_id, [
      { number: 3, stream: 'stdout', text: 'one' },
      { number: 4, stream: 'stderr', text: 'two' },
    ]);
    const read = async (query: string): Promise<{ lines: { id: string }[] }> =>
      (await api.send('GET', `/v1/executions/${execution_id}/logs${query}`)).json();
    const first = await read('?limit=1');
    expect(first).toMatchObject({
      status: 'QUEUED',
      retried_by: null,
      lines: [{ number: 3, stream: 'stdout', text: 'one' }],
    });
    expect(await read(`?after=${first.lines[0]?.id ?? ''}`)).toMatchObject({
      lines: [{ number: 4, stream: 'stderr', text: 'two' }],
    });
  });

  it('have checkpoints that can be looked at', async () => {
    const { services } = api.open;
    const { execution_id } = (await trigger('ingest')).json<Started>();
    const url = `/v1/executions/${execution_id}`;
    expect((await api.send('GET', `${url}/checkpoints`)).json()).toEqual({ checkpoints: [] });
    await services.leases.register({ executor_id: 'x', lease_ms: 60_000, places: 9, information: {} });
    const base = { execution_id, nonce: 'n', actor: 'x' };
    await services.executions.transition({ ...base, event: 'CLAIM', executor_id: 'x' });
    await services.checkpoints.save({ ...base, good: 0, stage: 'ALPHA', state: 'half way' });
    const saved = { sequence: 1, execution_id, attempt_number: 1, stage: 'ALPHA', bytes: 8, damage: null };
    expect((await api.send('GET', `${url}/checkpoints`)).json()).toMatchObject({ checkpoints: [saved] });
    expect((await api.send('GET', url)).json()).toMatchObject({
      checkpoint: saved,
      checkpoint_state: Buffer.from('half way').toString('base64'),
      timeout_error: null,
    });
    await services.leases.leave('x');
  });

  it.each([
    '/v1/executions/none',
    '/v1/executions/none/explain',
    '/v1/executions/none/logs',
    '/v1/executions/none/checkpoints',
    '/v1/runs/none',
    '/v1/schedules/none/ticks',
    '/v1/jobs/none',
    '/v1/jobs/none/versions',
  ])('GET %s is not found', async (url) => {
    const answer = await api.send('GET', url);
    expect([answer.statusCode, answer.json()]).toMatchObject([404, { code: 'API_002_NOT_FOUND' }]);
  });

  it('belong to jobs, schedules and a graph that can be read', async () => {
    const jobs = (await api.send('GET', '/v1/jobs')).json<{ items: object[] }>().items;
    expect(jobs).toMatchObject([
      {
        job_id: 'idle',
        enabled: false,
        schedule: { schedule_id: 'idle.schedule', expression: '0 7 * * * Europe/Berlin' },
      },
      { job_id: 'ingest', schedule: null, dependencies: [] },
      { job_id: 'report', dependencies: ['ingest'], author: 'a admin', revision: 1 },
    ]);
    expect((await api.send('GET', '/v1/graph')).json()).toMatchObject({
      edges: [{ from: 'ingest', to: 'report', kind: 'DECLARED' }],
    });
    const health = (await api.send('GET', '/health')).json();
    expect(orchestrationHealthStatusSchema.safeParse(health).error).toBeUndefined();
    expect(health).toMatchObject({
      overall_status: 'UNHEALTHY',
      executor_status: 'UNHEALTHY: no executor holds a lease',
    });
    await api.open.services.leases.register({
      executor_id: 'e1',
      lease_ms: 60_000,
      places: 0,
      information: { host: 'here' },
    });
    expect((await api.send('GET', '/v1/executors')).json()).toMatchObject({
      items: [{ executor_id: 'e1', places: 0, running: 0, information: { host: 'here' } }],
    });
  });

  it('whose record is damaged are left out of lists, and say so when they are asked for', async () => {
    const ids: string[] = [];
    for (let count = 0; count < 2; count++)
      ids.push((await trigger('ingest', { parameters: { rows: 1 } })).json<Started>().execution_id);
    const [damaged = '', sound = ''] = ids;
    const { redis, services } = api.open;
    await redis.setrange(`phi:{${services.namespace}/0}:x:${damaged}`, 30, 'XXXX');
    const listed = await api.send('GET', '/v1/executions?job_id=ingest');
    const found = listed.json<{ items: { execution_id: string }[] }>().items.map((item) => item.execution_id);
    expect([found.includes(sound), found.includes(damaged)]).toEqual([true, false]);
    for (const path of ['', '/explain', '/attempts']) {
      const answer = await api.send('GET', `/v1/executions/${damaged}${path}`);
      expect([answer.statusCode, answer.json<{ code: string }>().code]).toEqual([
        503,
        'STATE_002_QUEUE_STATE_CORRUPT',
      ]);
    }
  });
});
