import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { createClient, type PhiClient } from './create-client.js';
import { ScriptedApi, type Scripted } from './testing/scripted-api.js';
import { WaitTimedOut } from './wait-for.js';

const stateOf = (execution_id: string, status: string, retried_by: string | null = null): object => ({
  execution_id,
  status,
  retried_by,
});
const seen = (...state: Parameters<typeof stateOf>): Scripted => ({ status: 200, body: stateOf(...state) });

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
    // Answered from here: both answers are there before any time is over.
    const states = [stateOf('x', 'FAILED', 'x2')];
    const answer: typeof fetch = async () => Response.json(states.shift() ?? stateOf('x2', 'RUNNING'));
    const near = createClient({ url: api.url, apiKey: 'key', fetch: answer });
    const late = await near.waitFor('x', { timeoutMs: 300 }).catch((error: unknown) => error);
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
