import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient, type PhiClient } from '@phi/client';
import { createQueueClient } from '@phi/client/queue';

import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

let phi: Phi;
let client: PhiClient;

beforeAll(async () => {
  phi = await Phi.start({ executors: 1, env: { PHI_HANDLERS: handlers('FLAKY', 'BRIEF', 'GATED') } });
  client = createClient({
    url: phi.api.url,
    apiKey: (await readFile(join(phi.dataDir, 'admin.key'), 'utf8')).trim(),
  });
  const job = (job_id: string, module: string, more: object = {}): object => ({
    job_id,
    job_type: 'COMPOSITE',
    pipeline_modules: [module],
    ...more,
  });
  await phi.api.apply({
    jobs: [
      job('brief', 'BRIEF'),
      job('flaky', 'FLAKY', {
        parameters: { FLAKY: { code: 'EXEC_018_CONNECTION_FAILED', succeeds_at: 3 } },
        retry_policy: { max_attempts: 3, initial_delay_seconds: 1, jitter_factor: 0 },
      }),
      job('gated', 'GATED', { parameters: { GATED: { gate: 'gate' } } }),
    ],
  });
});
afterAll(async () => {
  await phi.stop();
});

describe('@phi/client', () => {
  it('starts a run once under one key, and waits for its end', async () => {
    const first = await client.trigger('brief', { idempotencyKey: 'order-1', parameters: { note: 'hello' } });
    const second = await client.trigger('brief', { idempotencyKey: 'order-1' });
    expect(first).toMatchObject({ run_id: first.execution_id, created: true });
    expect(second).toMatchObject({ execution_id: first.execution_id, created: false });
    expect(await client.waitFor(first.execution_id, { timeoutMs: 30_000 })).toMatchObject({
      status: 'COMPLETED',
      parameters: { note: 'hello' },
    });
  });

  it('waits through the retries for the last attempt', async () => {
    const { execution_id } = await client.trigger('flaky');
    expect(await client.waitFor(execution_id, { timeoutMs: 60_000 })).toMatchObject({
      parent_execution_id: execution_id,
      attempt_number: 3,
      status: 'COMPLETED',
    });
    expect(await client.getExecution(execution_id)).toMatchObject({ attempt_number: 1, status: 'FAILED' });
  });

  it('says what the API refuses', async () => {
    await expect(client.trigger('brie')).rejects.toMatchObject({
      status: 404,
      code: 'API_002_NOT_FOUND',
      problems: [expect.objectContaining({ field: 'job_id', accepted: 'brief' })],
    });
  });

  it('waits on while Redis is restarted', async () => {
    const { execution_id } = await client.trigger('gated');
    await phi.api.running(execution_id, 'gated');
    const waiting = client.waitFor(execution_id, { timeoutMs: 60_000 });
    await phi.redis.restart();
    await phi.openGate('gate');
    expect(await waiting).toMatchObject({ execution_id, status: 'COMPLETED' });
  });

  it('starts by the queue what it can wait for by HTTP, under the same key', async () => {
    const queue = createQueueClient({ redisUrl: phi.redis.url, namespace: 'e2e' });
    const { idempotency_key } = await queue.trigger('brief', { idempotencyKey: 'order-2' });
    await queue.close();
    const starts = (): Promise<unknown[]> => phi.api.executionsOf('brief');
    await phi.api.until('the message to be taken', starts, (found) => found.length === 2);
    const { execution_id, created } = await client.trigger('brief', { idempotencyKey: idempotency_key });
    expect(created).toBe(false);
    expect(await client.waitFor(execution_id, { timeoutMs: 30_000 })).toMatchObject({ status: 'COMPLETED' });
    expect((await phi.api.execution(execution_id)).history[0]?.actor).toBe('queue:phi_manual');
    expect(await starts()).toHaveLength(2);
  });
});
