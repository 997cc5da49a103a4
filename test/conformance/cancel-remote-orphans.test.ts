import { moduleBindingSchema, type QueuedStage, type RemoteJob, type RemoteModules } from '@phi/core';
import { cancelRemoteOrphans, type Services } from '@phi/engine';
import { openRemoteModules } from '@phi/modules';
import { BullStageQueues } from '@phi/queues';
import { RemoteStub } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Worker } from 'bullmq';

import {
  apply,
  define,
  failWith,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

const RETRIED = { retryable_errors: ['EXEC_006_MODULE_FAILED'], max_attempts: 2, jitter_factor: 0 };

describe('cancelling remote orphans', () => {
  let fixture: EngineFixture;
  let services: Services;
  let stub: RemoteStub;
  let modules: RemoteModules;
  let queues: BullStageQueues;

  beforeEach(async () => {
    fixture = openEngine('remote-orphans');
    services = fixture.services;
    stub = await RemoteStub.start();
    const { redisUrl, namespace } = fixture;
    queues = new BullStageQueues({ redisUrl, namespace, onError: () => undefined });
    modules = openRemoteModules(
      {
        REMOTE: { kind: 'http', url: stub.url, request_timeout_seconds: 20 },
        QUEUED: moduleBindingSchema.parse({
          kind: 'queue',
          queue: 'score',
          prefix: `{${fixture.namespace}-elsewhere}`,
        }),
      },
      { secrets: new Map(), queues },
    );
    await fixture.registerExecutor('executor');
    await apply(services, [define('job', { pipeline_modules: ['REMOTE'], retry_policy: RETRIED })]);
  });
  afterEach(async () => {
    await modules.close();
    await queues.close();
    await stub.kill();
    await fixture.close();
  });

  const keyOf = (chain_id: string): string => `${chain_id}/REMOTE/1`;

  const record = async (chain_id: string, ref?: string): Promise<void> => {
    const job: RemoteJob = {
      chain_id,
      stage: 'REMOTE',
      generation: 1,
      execution_id: chain_id,
      key: keyOf(chain_id),
      url: stub.url,
      ...(ref === undefined ? {} : { ref }),
    };
    await services.remoteJobs.record(job);
  };

  /** A job at the stub, submitted as an executor would. @returns its reference */
  const submit = async (chain_id: string): Promise<string> => {
    const headers = { 'idempotency-key': keyOf(chain_id) };
    const response = await fetch(`${stub.url}/v1/jobs`, { method: 'POST', headers, body: '{}' });
    return ((await response.json()) as { ref: string }).ref;
  };

  const sweep = async (): Promise<{ gone: number; found: number; left: number; states: string[] }> => {
    const { gone, found } = await cancelRemoteOrphans(services, modules);
    return {
      gone: gone.length,
      found: found.length,
      left: await services.remoteJobs.countOrphans(),
      states: (await stub.jobs()).map(({ status }) => status.state),
    };
  };

  it('leaves a job alone as long as its chain is open, its backoff included', async () => {
    const id = await trigger(services, 'job');
    await record(id, await submit(id));
    expect(await sweep()).toEqual({ gone: 0, found: 0, left: 0, states: ['RUNNING'] });
    await run(services, id, () => failWith('EXEC_006_MODULE_FAILED'));
    expect(await sweep()).toEqual({ gone: 0, found: 0, left: 0, states: ['RUNNING'] });
    const retry = (await recordOf(services, id)).retried_by;
    expect(retry).toBeDefined();
    await services.executions.cancel([{ execution_id: id, reason: 'CANCEL_001_REQUESTED', actor: 'tester' }]);
    expect(await sweep()).toEqual({ gone: 1, found: 0, left: 0, states: ['CANCELLED'] });
    expect(await services.remoteJobs.ofChain(id, ['REMOTE'])).toEqual([]);
  });

  it('cancels a job whose reference nobody learned by its key', async () => {
    const id = await trigger(services, 'job');
    await record(id);
    await submit(id);
    await run(services, id, () => succeedWith());
    expect(await sweep()).toEqual({ gone: 1, found: 0, left: 0, states: ['CANCELLED'] });
  });

  it('looks for one that is not there yet for a minute', async () => {
    const id = await trigger(services, 'job');
    await record(id);
    await run(services, id, () => succeedWith());
    expect(await sweep()).toMatchObject({ gone: 0, found: 1, left: 1 });
    await fixture.setClockOffset(30_000);
    expect(await sweep()).toMatchObject({ gone: 0, found: 0, left: 1 });
    await fixture.setClockOffset(90_000);
    expect(await sweep()).toMatchObject({ gone: 1, left: 0 });
  });

  it('tries again later and later, and says what is wrong', async () => {
    const id = await trigger(services, 'job');
    await record(id, await submit(id));
    await run(services, id, () => succeedWith());
    await stub.ignoreCancel(true);
    const deletes = async (): Promise<number> =>
      (await stub.view()).seen.filter(({ request }) => request === 'DELETE').length;
    const now = (): Promise<number> => services.schedules.now();
    for (let tries = 1; tries <= 4; tries++) {
      await fixture.setClockOffset(tries * 100_000);
      const before = await now();
      expect(await sweep()).toMatchObject({ gone: 0, left: 1, states: ['RUNNING'] });
      const [orphan] = await services.remoteJobs.orphans();
      expect(orphan).toMatchObject({ tries, problem: expect.stringContaining('RUNNING') });
      const pause = 5000 * 2 ** (tries - 1);
      expect(orphan?.next_try).toBeGreaterThanOrEqual(before + pause);
      expect(orphan?.next_try).toBeLessThanOrEqual((await now()) + pause);
    }
    // Nothing before its time.
    await cancelRemoteOrphans(services, modules);
    expect(await deletes()).toBe(4);
    await stub.kill();
    await fixture.setClockOffset(500_000);
    await cancelRemoteOrphans(services, modules);
    expect((await services.remoteJobs.orphans())[0]?.problem).toContain('ECONNREFUSED');
    await stub.restart();
    await fixture.setClockOffset(1_000_000);
    // A module without memory does not know the job any more.
    expect(await sweep()).toEqual({ gone: 1, found: 0, left: 0, states: [] });
  });

  it('says that nobody has bound the module here', async () => {
    const id = await trigger(services, 'job');
    await record(id, 'r-1');
    await run(services, id, () => succeedWith());
    const none = openRemoteModules({}, { secrets: new Map(), queues });
    await cancelRemoteOrphans(services, none);
    expect(await services.remoteJobs.orphans()).toMatchObject([
      { problem: expect.stringContaining('PHI_MODULES') },
    ]);
  });

  describe('on the queue of a module', () => {
    const stage = (chain_id: string): QueuedStage => ({
      queue: 'score',
      // With a prefix of its own, nobody but who knows the binding finds it.
      prefix: `{${fixture.namespace}-elsewhere}`,
      job_id: `${chain_id}-QUEUED-1`,
    });
    const leave = async (chain_id: string): Promise<void> => {
      await services.remoteJobs.record({
        chain_id,
        stage: 'QUEUED',
        generation: 1,
        execution_id: chain_id,
        key: stage(chain_id).job_id,
        url: 'queue:score',
      });
      await queues.add(stage(chain_id), 'job', { chain_id });
    };

    it('takes back what waits there for a chain that was cancelled between two attempts', async () => {
      const id = await trigger(services, 'job');
      await leave(id);
      await run(services, id, () => failWith('EXEC_006_MODULE_FAILED'));
      expect(await sweep()).toMatchObject({ gone: 0, found: 0 });
      await services.executions.cancel([
        { execution_id: id, reason: 'CANCEL_001_REQUESTED', actor: 'tester' },
      ]);
      expect(await sweep()).toMatchObject({ gone: 1, found: 0, left: 0 });
      expect(await queues.look(stage(id))).toEqual({ state: 'ABSENT' });
    });

    it('lists what a worker has until it has ended', async () => {
      const id = await trigger(services, 'job');
      await leave(id);
      const connection = fixture.redis.duplicate({ maxRetriesPerRequest: null });
      const worker = new Worker('score', undefined, { prefix: stage(id).prefix ?? '', connection });
      const begun = await worker.getNextJob('token');
      await run(services, id, () => succeedWith());
      expect(await sweep()).toMatchObject({ gone: 0, found: 1, left: 1 });
      expect(await services.remoteJobs.orphans()).toMatchObject([
        {
          key: stage(id).job_id,
          url: 'queue:score',
          problem: expect.stringContaining('a worker of score has'),
        },
      ]);
      await begun?.moveToCompleted({ records_processed: 1, records_failed: 0 }, 'token', false);
      await fixture.setClockOffset(60_000);
      expect(await sweep()).toMatchObject({ gone: 1, left: 0 });
      await worker.close(true);
      connection.disconnect();
    });
  });
});
