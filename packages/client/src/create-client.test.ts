import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ApiProblem } from './api-problem.js';
import { createClient, type ClientOptions, type PhiClient } from './create-client.js';
import { ScriptedApi, type Scripted } from './testing/scripted-api.js';
import { Unreachable } from './unreachable.js';

const KEY = 'phi_secret';
const STARTED = { execution_id: 'x', run_id: 'x', status: 'QUEUED', created: true };
const started: Scripted = { status: 201, body: STARTED };
const problem = (status: number, headers: Record<string, string> = {}): Scripted => ({
  status,
  headers,
  body: {
    type: 'urn:phi:error:API_001_VALIDATION_FAILED',
    title: 'The request is not valid.',
    status,
    code: 'API_001_VALIDATION_FAILED',
    problems: [{ field: 'parameters', reason: 'is a list', accepted: 'a mapping' }],
  },
});

describe('createClient', () => {
  let api: ScriptedApi;

  beforeAll(async () => {
    api = await ScriptedApi.start();
  });
  afterAll(() => api.stop());

  const client = (more: Partial<ClientOptions> = {}): PhiClient =>
    createClient({ url: `${api.url}/`, apiKey: KEY, ...more });
  const keys = (): unknown[] =>
    api.received.map(({ body }) => (body as { idempotency_key: unknown }).idempotency_key);

  it('starts a run', async () => {
    api.answers(started);
    const answer = await client().trigger('daily', {
      parameters: { day: 1 },
      idempotencyKey: 'order-1',
      propagate: true,
      ignoreDependencies: false,
    });
    expect(answer).toEqual(STARTED);
    expect(api.received).toMatchObject([
      {
        method: 'POST',
        path: '/v1/jobs/daily/trigger',
        authorization: `Bearer ${KEY}`,
        body: {
          parameters: { day: 1 },
          idempotency_key: 'order-1',
          propagate: true,
          ignore_dependencies: false,
        },
      },
    ]);
    expect(Object.keys(api.received[0]?.body as object)).not.toContain('job_id');
  });

  it('gives each trigger a key of its own where the caller has none', async () => {
    api.answers(started);
    await client().trigger('daily');
    await client().trigger('daily');
    expect(keys()).toEqual([expect.stringMatching(/^[\x21-\x7e]{1,255}$/), expect.any(String)]);
    expect(new Set(keys()).size).toBe(2);
  });

  it('emits an event with an id, given or not', async () => {
    const outcome = {
      outcome: 'ACCEPTED',
      deliveries: [{ job_id: 'a', trigger_id: 'a.t', state: 'STARTED', execution_id: 'x' }],
      passed_over: [],
    };
    api.answers({ status: 202, body: outcome });
    expect(
      await client().emit({ source: 'shop', type: 'order', id: '4711', tenant: 't', data: [1] }),
    ).toEqual(outcome);
    await client().emit({ source: 'shop', type: 'order' });
    expect(api.received.map(({ path, body }) => [path, body])).toEqual([
      [
        '/v1/events',
        { specversion: '1.0', source: 'shop', type: 'order', id: '4711', tenant: 't', data: [1] },
      ],
      ['/v1/events', { specversion: '1.0', source: 'shop', type: 'order', id: expect.any(String) }],
    ]);
  });

  it.each<[string, Scripted]>([
    ['the queue is full', problem(429)],
    ['Redis is away', problem(503)],
    ['a proxy has lost the API', { status: 502, body: '<html>Bad gateway</html>' }],
    ['the connection breaks', 'drop'],
  ])('repeats a call under the same key while %s', async (_when, failure) => {
    api.answers(failure, failure, started);
    expect(await client().trigger('daily')).toEqual(STARTED);
    expect(keys()).toHaveLength(3);
    expect(new Set(keys()).size).toBe(1);
    api.answers(failure, { status: 202, body: { outcome: 'ACCEPTED' } });
    await client().emit({ source: 'shop', type: 'order' });
    const [first, second] = api.received;
    expect(second?.body).toEqual(first?.body);
  });

  it('does not come again before the API asks it to', async () => {
    api.answers(problem(429, { 'retry-after': '1' }), started);
    await client().trigger('daily');
    const [first, second] = api.received;
    expect((second?.time ?? 0) - (first?.time ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  it('gives up after as many tries as it was given', async () => {
    api.answers(problem(503));
    await expect(client({ tries: 3 }).trigger('daily')).rejects.toMatchObject({
      name: 'ApiProblem',
      status: 503,
    });
    expect(api.received).toHaveLength(3);
  });

  it('tells what the API says about a request that it refuses, at once', async () => {
    api.answers(problem(422));
    const refusal = await client()
      .trigger('daily')
      .catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(ApiProblem);
    expect(refusal).toMatchObject({
      status: 422,
      code: 'API_001_VALIDATION_FAILED',
      problems: [{ field: 'parameters', reason: 'is a list', accepted: 'a mapping' }],
      message:
        'POST /v1/jobs/daily/trigger: 422 API_001_VALIDATION_FAILED; The request is not valid.; parameters is a list',
    });
    expect(api.received).toHaveLength(1);
  });

  it('makes do with a refusal that is not of Phi', async () => {
    api.answers({ status: 404, body: 'no such page' });
    await expect(client().getExecution('x')).rejects.toMatchObject({
      status: 404,
      code: undefined,
      problems: [],
      message: 'GET /v1/executions/x: 404 no such page',
    });
  });

  it.each([
    { status: 200, body: '<html>' },
    { status: 200, body: {} },
    { status: 200, body: 'null' },
  ])('takes nothing for an answer that is not one: %j', async (answer) => {
    api.answers(answer);
    await expect(client().trigger('daily')).rejects.toThrow(
      'does not answer POST /v1/jobs/daily/trigger as Phi',
    );
  });

  it('keeps an id within its place in the path', async () => {
    api.answers(problem(404));
    await expect(client().getExecution('../jobs?a=b#c')).rejects.toBeInstanceOf(ApiProblem);
    expect(api.received.map(({ path }) => path)).toEqual(['/v1/executions/..%2Fjobs%3Fa%3Db%23c']);
    for (const id of ['', '.', '..']) await expect(client().getExecution(id)).rejects.toThrow('is no id');
    await expect(client().trigger('..')).rejects.toThrow('".." is no id');
  });

  it('says that nothing answers, after it has tried, and never its key', async () => {
    // A port that nothing listens on: privileged, of no service, and not among those that fetch refuses to ask.
    const url = 'http://127.0.0.1:2';
    const failure = await client({ url, tries: 2 })
      .trigger('daily')
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Unreachable);
    expect([(failure as Unreachable).url, (failure as Unreachable).message]).toEqual([
      url,
      'nothing answers',
    ]);
    expect(String((failure as Error).stack)).not.toContain(KEY);
  });

  it('waits for one answer no longer than it was told to', async () => {
    api.answers('hang');
    const failure = client({ timeoutMs: 100, tries: 1 }).trigger('daily');
    await expect(failure).rejects.toMatchObject({
      name: 'Unreachable',
      message: 'no answer within 0.1 seconds',
    });
  });

  it('ends when it is told to, while it waits for an answer and between two tries', async () => {
    for (const answer of ['hang', problem(429, { 'retry-after': '20' })] as const) {
      api.answers(answer);
      const stop = new AbortController();
      const call = client().trigger('daily', { signal: stop.signal });
      while (api.received.length === 0) await new Promise((resolve) => setImmediate(resolve));
      stop.abort(new Error('enough'));
      await expect(call).rejects.toThrow('enough');
    }
  });

  it('uses the fetch that it was given', async () => {
    const send: typeof fetch = async () => Response.json(STARTED, { status: 201 });
    expect(await client({ fetch: send }).trigger('daily')).toEqual(STARTED);
  });

  it.each([
    [{ url: 'localhost:8080' }, 'url is no HTTP address: localhost:8080'],
    [{ url: 'ftp://x' }, 'url is no HTTP address'],
    [{ apiKey: `${KEY}\n` }, 'apiKey is no API key'],
    [{ apiKey: '' }, 'apiKey is no API key'],
  ])('refuses %j', (options, message) => {
    expect(() => client(options)).toThrow(message);
    expect(() => client(options)).not.toThrow(KEY);
  });
});
