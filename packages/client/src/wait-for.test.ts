import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createClient, type PhiClient } from './create-client.js';
import { ScriptedApi, type Scripted } from './testing/scripted-api.js';
import { WaitTimedOut } from './wait-for.js';

const seen = (execution_id: string, status: string, retried_by: string | null = null): Scripted => ({
  status: 200,
  body: { execution_id, status, retried_by },
});

describe('waitFor', () => {
  let api: ScriptedApi;
  let client: PhiClient;

  beforeAll(async () => {
    api = await ScriptedApi.start();
    client = createClient({ url: api.url, apiKey: 'key', tries: 1 });
  });
  afterAll(() => api.stop());

  const asked = (): string[] => api.received.map(({ path }) => path.split('/').at(-1) ?? '');

  it.each(['COMPLETED', 'FAILED', 'TIMEOUT', 'CANCELLED'])('answers once it is %s', async (status) => {
    api.answers(seen('x', 'PENDING'), seen('x', 'RUNNING'), seen('x', 'COMPLETING'), seen('x', status));
    expect(await client.waitFor('x')).toMatchObject({ execution_id: 'x', status });
    expect(api.received).toHaveLength(4);
  });

  it('follows the retries to the last one', async () => {
    api.answers(
      seen('x', 'RUNNING'),
      seen('x', 'FAILED', 'x2'),
      seen('x2', 'PENDING'),
      seen('x2', 'TIMEOUT', 'x3'),
      seen('x3', 'COMPLETED'),
    );
    expect(await client.waitFor('x')).toMatchObject({ execution_id: 'x3', status: 'COMPLETED' });
    expect(asked()).toEqual(['x', 'x', 'x2', 'x2', 'x3']);
  });

  it('waits for an API that is away, but not for an execution that is not there', async () => {
    api.answers(seen('x', 'RUNNING'), 'drop', { status: 503 }, seen('x', 'COMPLETED'));
    expect(await client.waitFor('x')).toMatchObject({ status: 'COMPLETED' });
    api.answers({ status: 404 });
    await expect(client.waitFor('x')).rejects.toMatchObject({ name: 'ApiProblem', status: 404 });
  });

  it('says what it last saw when the time is over', async () => {
    api.answers(seen('x', 'FAILED', 'x2'), seen('x2', 'RUNNING'));
    const late = await client.waitFor('x', { timeoutMs: 300 }).catch((error: unknown) => error);
    expect(late).toBeInstanceOf(WaitTimedOut);
    expect(late).toMatchObject({ executionId: 'x', last: { execution_id: 'x2', status: 'RUNNING' } });
    api.answers('hang');
    await expect(client.waitFor('x', { timeoutMs: 100 })).rejects.toMatchObject({ last: undefined });
  });

  it('ends when it is told to', async () => {
    api.answers(seen('x', 'RUNNING'));
    const stop = new AbortController();
    const waiting = client.waitFor('x', { signal: stop.signal, timeoutMs: 60_000 });
    while (api.received.length < 2) await new Promise((resolve) => setImmediate(resolve));
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
  });
});
