import { setTimeout as pause } from 'node:timers/promises';

import {
  DEFAULT_CONFIG,
  type Bodies,
  resolveJobDefinition,
  type Attempt,
  type AttemptEnd,
  type AttemptHooks,
  type AttemptRunner,
  type ExecutionRecord,
} from '@phi/core';
import { applyDefinitions, takeBackLost, triggerJob, viewExecution, type Services } from '@phi/engine';
import { openServices, type Environment, type OpenServices } from '@phi/service';
import { createLogger } from '@phi/telemetry';
import { testRedis, type TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { ExecutorProcess } from './executor-process.js';

const log = createLogger('executor', 'silent');
const SUCCEEDED: AttemptEnd = {
  kind: 'succeeded',
  achieved: { records_processed: 0, records_failed: 0, metrics: {}, outputs: {} },
};

const RESOURCES = { cpu_cores: 4, memory_mb: 1000, disk_mb: 1000, network_bandwidth_mbps: null };

/** A runner whose body goes on until it is stopped or the test ends it. */
class HeldRunner implements AttemptRunner, Bodies {
  /** What was done to its bodies, in order. */
  readonly done: string[] = [];
  readonly attempts: Attempt[] = [];
  readonly hooks: AttemptHooks[] = [];
  /** Why bodies were stopped. */
  readonly reasons: unknown[] = [];
  readonly #ends: ((end: AttemptEnd) => void)[] = [];
  #onStart: () => void = () => undefined;
  /** Resolves when a body has started. */
  readonly started = new Promise<void>((resolve) => (this.#onStart = resolve));

  canResume(): boolean {
    return true;
  }

  run(attempt: Attempt, hooks: AttemptHooks): Promise<AttemptEnd> {
    const { signal } = hooks;
    this.attempts.push(attempt);
    this.hooks.push(hooks);
    return new Promise((resolve) => {
      this.#ends.push(resolve);
      signal.addEventListener('abort', () => {
        this.reasons.push(signal.reason);
        resolve({ kind: 'stopped', forced: false });
      });
      this.#onStart();
    });
  }

  async freeze(): Promise<void> {
    this.done.push('freeze');
  }

  async thaw(): Promise<void> {
    if (this.done.at(-1) !== 'thaw') this.done.push('thaw');
  }

  kill(): void {
    this.done.push('kill');
  }

  /** Its bodies tell of progress. */
  tell(stage: string, records: number): void {
    for (const hooks of this.hooks) hooks.onProgress(stage, records);
  }

  succeed(): void {
    for (const end of this.#ends.splice(0)) end(SUCCEEDED);
  }
}

describe('ExecutorProcess', () => {
  let corner: TestRedis;
  let open: OpenServices;
  let services: Services;
  let runner: HeldRunner;
  let executor: ExecutorProcess;

  beforeEach(async () => {
    corner = testRedis('executor');
    const { url: redisUrl, namespace } = corner;
    // A heartbeat every 50 ms: the range of the parameter is for people.
    const config = {
      ...DEFAULT_CONFIG,
      EXECUTOR_HEARTBEAT_INTERVAL_SECONDS: 0.05,
      EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER: 1200,
    };
    const environment: Environment = { redisUrl, namespace, dataDir: '.', logLevel: 'silent', config };
    open = openServices(environment, log);
    services = open.services;
    await open.redis.ping();
    runner = new HeldRunner();
    executor = new ExecutorProcess(services, runner, environment, log, RESOURCES, runner);
    await executor.start();
    const job = resolveJobDefinition(
      { job_id: 'a', job_type: 'INGESTION', pipeline_modules: ['ALPHA'] },
      DEFAULT_CONFIG,
    );
    await applyDefinitions(services, { definitions: [job], author: 'test' });
  });
  afterEach(async () => {
    runner.succeed();
    await executor.leave();
    await open.close();
    await corner.cleanup();
  });

  async function trigger(): Promise<string> {
    const result = await triggerJob(services, { job_id: 'a', actor: 'test' });
    if (!result.ok) throw new Error(result.refusal);
    return result.execution_id;
  }

  async function recordOf(id: string): Promise<ExecutionRecord> {
    const record = await services.executions.get(id);
    if (record === undefined) throw new Error(`there is no execution ${id}`);
    return record;
  }

  /** Asks again until it holds; the test's own time-out bounds it. */
  async function until<Answer>(
    read: () => Promise<Answer>,
    holds: (answer: Answer) => boolean,
  ): Promise<Answer> {
    for (;;) {
      const answer = await read();
      if (holds(answer)) return answer;
      await pause(20);
    }
  }

  const setClockOffset = (ms: number) =>
    open.redis.set(`phi:{${corner.namespace}/0}:clock_offset`, String(ms));

  /** Everything that Redis holds of the namespace now. @returns what puts it back, as if nothing had been written since */
  async function rememberRedis(): Promise<() => Promise<void>> {
    const { redis } = open;
    const ours = (): Promise<string[]> => redis.keys(`phi:{${corner.namespace}/*`);
    const keys = await ours();
    const dumps = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
    return async () => {
      const rollback = redis.multi().del(await ours());
      keys.forEach((key, index) => rollback.restore(key, 0, dumps[index] ?? '', 'REPLACE'));
      await rollback.exec();
    };
  }

  it('kills a body whose claim Redis has lost, and runs the execution once more when it is delivered again', async () => {
    const id = await trigger();
    const rollBack = await rememberRedis();
    const taken = executor.take(id);
    await runner.started;
    await rollBack();
    executor.compareSoon();
    await taken;
    expect(runner.reasons).toEqual(['LEASE_LOST']);
    expect(await recordOf(id)).toMatchObject({ status: 'QUEUED' });
    const again = executor.take(id);
    await until(
      () => recordOf(id),
      ({ status }) => status === 'RUNNING',
    );
    runner.succeed();
    await again;
    expect(await recordOf(id)).toMatchObject({ status: 'COMPLETED', attempt_number: 1 });
  });

  it('takes back what stands as running here after Redis has lost its end', async () => {
    const id = await trigger();
    const taken = executor.take(id);
    await runner.started;
    const rollBack = await rememberRedis();
    runner.succeed();
    await taken;
    expect(await recordOf(id)).toMatchObject({ status: 'COMPLETED' });
    await rollBack();
    executor.compareSoon();
    const lost = await until(
      () => recordOf(id),
      ({ status }) => status !== 'RUNNING',
    );
    expect(lost).toMatchObject({ status: 'FAILED', reason: 'EXEC_012_EXECUTOR_LOST' });
    expect(await recordOf(lost.retried_by ?? '')).toMatchObject({ status: 'PENDING', lost_attempts: 1 });
    expect(await services.leases.list()).toMatchObject([{ running: 0 }]);
  });

  it('does not run what it runs already when that is delivered twice', async () => {
    const id = await trigger();
    const taken = executor.take(id);
    await runner.started;
    await executor.take(id);
    runner.succeed();
    await taken;
    expect([runner.attempts.length, runner.reasons]).toEqual([1, []]);
    expect(await recordOf(id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('registers with its places under a lease of interval times multiplier', async () => {
    const [registered, ...others] = await services.leases.list();
    expect(others).toEqual([]);
    expect(registered).toMatchObject({
      places: DEFAULT_CONFIG.EXECUTOR_PARALLELISM,
      running: 0,
      pools: [],
      resources: RESOURCES,
    });
    const left = (registered?.lease_expires ?? 0) - (await services.schedules.now());
    expect(left).toBeGreaterThan(50_000);
    expect(left).toBeLessThanOrEqual(60_000);
  });

  it('runs what it takes delivery of to its end', async () => {
    const id = await trigger();
    const taken = executor.take(id);
    await runner.started;
    expect(await recordOf(id)).toMatchObject({ status: 'RUNNING' });
    runner.succeed();
    await taken;
    expect(await recordOf(id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('lets what runs come to its end when it drains, and takes no more', async () => {
    const id = await trigger();
    void executor.take(id);
    await runner.started;
    const drained = executor.drain(60_000);
    runner.succeed();
    await drained;
    expect(await recordOf(id)).toMatchObject({ status: 'COMPLETED' });
    expect(await services.leases.list()).toMatchObject([{ places: 0 }]);
    const waiting = await trigger();
    expect(await recordOf(waiting)).toMatchObject({ status: 'QUEUED' });
    await executor.take(waiting);
    expect(await recordOf(waiting)).toMatchObject({ status: 'QUEUED' });
  });

  it('begins nothing that was delivered just before it drains', async () => {
    const id = await trigger();
    const taken = executor.take(id);
    await executor.drain(60_000);
    await taken;
    expect(runner.attempts).toEqual([]);
    expect(await recordOf(id)).toMatchObject({ status: 'QUEUED' });
  });

  it('stops what outlasts the grace of a drain, and has it repeated elsewhere', async () => {
    const id = await trigger();
    void executor.take(id);
    await runner.started;
    await executor.drain(1);
    expect(runner.reasons).toEqual(['SHUTDOWN']);
    const record = await recordOf(id);
    expect(record).toMatchObject({ status: 'FAILED', reason: 'EXEC_012_EXECUTOR_LOST' });
    expect(await recordOf(record.retried_by ?? '')).toMatchObject({ status: 'PENDING', lost_attempts: 1 });
  });

  it('is done with a delivery that only waits for a remote module, and runs it to its end', async () => {
    const id = await trigger();
    const taken = executor.take(id);
    await runner.started;
    await runner.hooks[0]?.onRemoteWait();
    await taken;
    expect(await recordOf(id)).toMatchObject({ status: 'RUNNING' });
    await runner.hooks[0]?.onLocalWork();
    const drained = executor.drain(60_000);
    runner.succeed();
    await drained;
    expect(await recordOf(id)).toMatchObject({ status: 'COMPLETED' });
  });

  it("hands over what only waits for a remote module as soon as it drains, at nobody's cost", async () => {
    const id = await trigger();
    void executor.take(id);
    await runner.started;
    await runner.hooks[0]?.onRemoteWait();
    await executor.drain(60_000);
    expect(runner.reasons).toEqual(['HANDED_OVER']);
    const record = await recordOf(id);
    expect(record).toMatchObject({ status: 'FAILED', reason: 'EXEC_012_EXECUTOR_LOST' });
    const next = await recordOf(record.retried_by ?? '');
    expect(next).toMatchObject({ attempt_number: 2, lost_attempts: 1, handed_over: 1 });
  });

  it('stops what it ran under a lease that it lost, records nothing of it, and registers under another id', async () => {
    const id = await trigger();
    const taken = executor.take(id);
    await runner.started;
    const [before] = await services.leases.list();
    let offset = 0;
    // A renewal may come in between: a lease that is over can be renewed until it is taken back.
    const takeBack = async (): Promise<number> => {
      await setClockOffset((offset += 120_000));
      return takeBackLost(services, { evict: true });
    };
    expect(await until(takeBack, (count) => count > 0)).toBe(1);
    await taken;
    expect(runner.reasons).toEqual(['LEASE_LOST']);
    expect(runner.done).toContain('kill');
    expect(await recordOf(id)).toMatchObject({ status: 'FAILED', reason: 'EXEC_012_EXECUTOR_LOST' });
    expect((await recordOf(id)).history.map(({ event }) => event)).toEqual([
      'CREATE',
      'ENQUEUE',
      'CLAIM',
      'LOSE',
    ]);
    const retry = await trigger();
    void executor.take(retry);
    await executor.drain(1);
    const [after, ...others] = await until(
      () => services.leases.list(),
      (leases) => leases.length > 0,
    );
    expect(others).toEqual([]);
    expect(after?.executor_id).not.toBe(before?.executor_id);
  });

  it('reports progress with its lease soon, and only while the body runs', async () => {
    const id = await trigger();
    const taken = executor.take(id);
    await runner.started;
    const view = async () => viewExecution(services, await recordOf(id));
    runner.tell('ALPHA', 7);
    const shown = await until(view, ({ records_processed }) => records_processed === 7);
    expect(shown).toMatchObject({ status: 'RUNNING', stage: 'ALPHA', last_heartbeat: expect.any(String) });
    runner.tell('BETA', 8);
    expect(await until(view, ({ stage }) => stage === 'BETA')).toMatchObject({ records_processed: 8 });
    runner.succeed();
    await taken;
    expect(await view()).toMatchObject({ stage: null, records_processed: null, last_heartbeat: null });
    const [held] = await services.leases.list();
    const gone = () => services.leases.vitals(held?.executor_id ?? '', id);
    expect(await until(gone, (vitals) => vitals === undefined)).toBeUndefined();
  });

  it('offers and takes nothing while it is withheld, and all of it afterwards', async () => {
    const id = await trigger();
    await executor.withhold('RES_003_DISK_EXHAUSTED');
    expect(await services.leases.list()).toMatchObject([
      { places: 0, information: { exhausted: 'RES_003_DISK_EXHAUSTED' } },
    ]);
    await executor.take(id);
    expect(await recordOf(id)).toMatchObject({ status: 'QUEUED' });
    await executor.withhold(undefined);
    const [offering] = await services.leases.list();
    expect(offering).toMatchObject({ places: DEFAULT_CONFIG.EXECUTOR_PARALLELISM });
    expect(offering?.information).not.toHaveProperty('exhausted');
    const taken = executor.take(id);
    await runner.started;
    runner.succeed();
    await taken;
    expect(await recordOf(id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('gives its lease back when it leaves', async () => {
    await executor.leave();
    expect(await services.leases.list()).toEqual([]);
  });
});
