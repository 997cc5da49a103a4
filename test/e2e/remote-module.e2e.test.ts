import { join } from 'node:path';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Execution } from '@phi/core';
import { RemoteStub } from '@phi/testkit';

import type { ExecutionAnswer } from './fixture/api-client.js';
import { Phi, SHORTEST_LEASE, type PhiOptions } from './fixture/phi.js';

interface OrphanAnswer {
  readonly module: string;
  readonly ref: string | null;
  readonly key: string;
  readonly tries: number;
}

let directory: string;
let stub: RemoteStub;
let phi: Phi;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'phi-remote-'));
  stub = await RemoteStub.start(join(directory, 'jobs.json'));
});
afterEach(async () => {
  await phi.stop();
  await stub.kill();
  await rm(directory, { recursive: true });
});

/** A Phi whose module REMOTE is the stub, and a job of it. */
async function startPhi(
  binding: object = {},
  { env, ...options }: PhiOptions = {},
  job: object = {},
): Promise<void> {
  const modules = join(directory, 'modules.yaml');
  const remote = {
    kind: 'http',
    url: stub.url,
    poll_interval_seconds: 0.1,
    poll_interval_max_seconds: 0.5,
    cancel_timeout_seconds: 20,
    request_timeout_seconds: 10,
    ...binding,
  };
  await writeFile(modules, JSON.stringify({ modules: { REMOTE: remote } }));
  phi = await Phi.start({ ...options, env: { ...SHORTEST_LEASE, PHI_MODULES: modules, ...env } });
  await phi.api.apply({
    jobs: [{ job_id: 'away', job_type: 'COMPOSITE', pipeline_modules: ['REMOTE'], ...job }],
  });
}

async function startRemoteJob(): Promise<{ runId: string; execution: ExecutionAnswer }> {
  const runId = await phi.api.trigger('away');
  const { execution_id } = await phi.api.running(runId, 'away');
  await stub.seen('GET', 1);
  return { runId, execution: await phi.api.execution(execution_id) };
}

/** The second attempt, once it looks at the job. */
async function attached(runId: string): Promise<Execution> {
  const read = async (): Promise<Execution | undefined> =>
    (await phi.api.run(runId)).executions.find(({ attempt_number }) => attempt_number === 2);
  const second = await phi.api.until('the second attempt', read, (found) => found?.status === 'RUNNING');
  if (second === undefined) throw new Error('there is no second attempt');
  const looks = (await stub.view()).seen.filter(({ request }) => request === 'GET').length;
  await stub.seen('GET', looks + 1);
  return second;
}

const states = async (): Promise<[string, string][]> =>
  (await stub.jobs()).map(({ key, status }) => [key, status.state]);

const orphans = async (): Promise<readonly OrphanAnswer[]> =>
  (await phi.api.get<{ items: OrphanAnswer[] }>('/v1/remote-orphans')).items;

describe('a remote job', () => {
  it('goes on while its executor is killed, and the next attempt takes its result', async () => {
    await startPhi({}, { executors: 2 });
    const { runId, execution } = await startRemoteJob();
    const [job] = await stub.jobs();
    expect(execution).toMatchObject({
      remote_jobs: [{ module: 'REMOTE', ref: job?.ref, url: `${stub.url}/` }],
    });
    const executor = await phi.holderOf(execution.execution_id);
    executor.signal('SIGKILL');
    await executor.ended;
    const again = await attached(runId);
    expect(await states()).toEqual([[`${execution.execution_id}/REMOTE/1`, 'RUNNING']]);
    await stub.succeed({ outputs: { batch: 'from-afar' } });
    const run = await phi.api.ended(runId);
    expect(run.status).toBe('succeeded');
    expect(await phi.api.execution(again.execution_id)).toMatchObject({
      status: 'COMPLETED',
      attempt_number: 2,
      result: { records_processed: 3, outputs: { batch: 'from-afar' } },
      remote_jobs: [],
    });
    expect(await stub.jobs()).toHaveLength(1);
    const { seen } = await stub.view();
    const fences = seen.flatMap(({ request, fence }) =>
      request === 'GET' && fence !== undefined ? [fence] : [],
    );
    expect(fences).toEqual([...fences].sort((one, other) => one - other));
    expect(new Set(fences).size).toBe(2);
    expect(await orphans()).toEqual([]);
  });

  it('goes on while its executor is deployed anew, at the cost of no attempt', async () => {
    await startPhi({}, { executors: 2 }, { retry_policy: { max_attempts: 1 } });
    const { runId, execution } = await startRemoteJob();
    const executor = await phi.holderOf(execution.execution_id);
    expect(await executor.stop()).toMatchObject({ code: 0 });
    await attached(runId);
    await stub.succeed();
    expect((await phi.api.ended(runId)).status).toBe('succeeded');
    expect(await states()).toEqual([[`${execution.execution_id}/REMOTE/1`, 'SUCCEEDED']]);
  });

  it('survives its module, which is killed and comes back with what it had accepted', async () => {
    await startPhi({}, { executors: 1 });
    const { runId } = await startRemoteJob();
    await stub.kill();
    await stub.restart();
    await stub.succeed();
    expect((await phi.api.ended(runId)).status).toBe('succeeded');
    expect(await stub.jobs()).toHaveLength(1);
  });

  it('is gone before its execution is said to be cancelled', async () => {
    await startPhi({}, { executors: 1 });
    const { runId, execution } = await startRemoteJob();
    await phi.api.post(`/v1/executions/${execution.execution_id}/cancel`, {});
    expect((await phi.api.ended(runId)).status).toBe('cancelled');
    expect(await states()).toEqual([[`${execution.execution_id}/REMOTE/1`, 'CANCELLED']]);
    expect(await orphans()).toEqual([]);
  });

  it('that does not stop in time is listed, and cancelled later', async () => {
    await startPhi({ cancel_timeout_seconds: 1 }, { executors: 1 });
    const { runId, execution } = await startRemoteJob();
    await stub.ignoreCancel(true);
    await phi.api.post(`/v1/executions/${execution.execution_id}/cancel`, {});
    expect((await phi.api.ended(runId)).status).toBe('cancelled');
    const [orphan, ...others] = await phi.api.until('the orphan', orphans, (found) => found.length > 0);
    expect(others).toEqual([]);
    expect(orphan).toMatchObject({ module: 'REMOTE', key: `${execution.execution_id}/REMOTE/1` });
    expect(orphan?.ref).toBe((await stub.jobs())[0]?.ref);
    await stub.ignoreCancel(false);
    await phi.api.until('no orphan', orphans, (found) => found.length === 0);
    expect((await states()).map(([, state]) => state)).toEqual(['CANCELLED']);
  });

  it('whose executor died and whose execution was cancelled meanwhile is cancelled by recovery', async () => {
    await startPhi({}, { executors: 1 });
    const { runId, execution } = await startRemoteJob();
    const executor = await phi.holderOf(execution.execution_id);
    executor.signal('SIGKILL');
    await executor.ended;
    await phi.api.post(`/v1/executions/${execution.execution_id}/cancel`, {});
    expect((await phi.api.ended(runId)).status).toBe('cancelled');
    await phi.api.until('its cancellation', states, (found) => found[0]?.[1] === 'CANCELLED');
    expect(await stub.jobs()).toHaveLength(1);
  });

  it('is cancelled when its time is up, and the retry begins anew', async () => {
    const retry_policy = { max_attempts: 2, initial_delay_seconds: 1 };
    // Enough for the job to be seen running, and for what the next one says to be arranged.
    await startPhi({}, { executors: 1 }, { timeout_seconds: 15, retry_policy });
    const { runId, execution } = await startRemoteJob();
    await stub.beginWith({ state: 'SUCCEEDED', records_processed: 1, records_failed: 0 });
    expect((await phi.api.ended(runId)).status).toBe('succeeded');
    expect(await states()).toEqual([
      [`${execution.execution_id}/REMOTE/1`, 'CANCELLED'],
      [`${execution.execution_id}/REMOTE/2`, 'SUCCEEDED'],
    ]);
  });

  it('is looked at when its module calls back, who is believed nothing else', async () => {
    await startPhi(
      { callback: true, poll_interval_seconds: 600, poll_interval_max_seconds: 600 },
      { executors: 1 },
    );
    const { runId, execution } = await startRemoteJob();
    expect(await stub.callBack(1, { state: 'SUCCEEDED', records_processed: 7, records_failed: 0 })).toEqual([
      204,
    ]);
    await stub.seen('GET', 2);
    expect((await phi.api.execution(execution.execution_id)).status).toBe('RUNNING');
    await stub.succeed();
    expect(await stub.callBack(3)).toEqual([204, 204, 204]);
    expect((await phi.api.ended(runId)).executions).toMatchObject([
      { status: 'COMPLETED', attempt_number: 1, result: { records_processed: 3 } },
    ]);
  });
});
