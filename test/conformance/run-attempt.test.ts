import type { Attempt, ExecutionStore, JobDefinition } from '@phi/core';
import { executorStop, promoteRetries, runAttempt, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  executorContext,
  failWith,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  untilStopped,
  type Body,
  type EngineFixture,
} from './testing/engine-fixture.js';

const RETRIED: Parameters<typeof define>[1] = {
  retry_policy: {
    max_attempts: 3,
    initial_delay_seconds: 100,
    jitter_factor: 0,
    retryable_errors: ['EXEC_006_MODULE_FAILED'],
  },
};
const TRANSIENT = 'EXEC_006_MODULE_FAILED';
const PERMANENT = 'EXEC_005_INVALID_CONFIG';

describe('runAttempt', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('attempt');
    services = fixture.services;
    await fixture.registerExecutor('executor');
  });
  afterEach(() => fixture.close());

  async function start(...definitions: readonly JobDefinition[]): Promise<string> {
    await apply(services, definitions);
    return trigger(services, definitions[0]?.job_id ?? '');
  }

  const resultOf = async (id: string): Promise<unknown> =>
    JSON.parse((await recordOf(services, id)).result ?? 'null');
  const eventsOf = async (id: string) => (await recordOf(services, id)).history.map(({ event }) => event);

  /** Takes the oldest admitted execution. */
  function admitted(): string {
    const id = fixture.admitted.shift();
    if (id === undefined) throw new Error('nothing was admitted');
    return id;
  }

  it('hands a body what it is to run, and records what it achieved', async () => {
    await apply(services, [define('a', { parameters: { p: 1, q: 2 } })]);
    const id = await trigger(services, 'a', { parameters: { q: 3 } });
    let got: Attempt | undefined;
    const outcome = await run(services, id, (attempt) => {
      got = attempt;
      return succeedWith({ batch: 'x' });
    });
    expect(outcome).toMatchObject({ kind: 'recorded', status: 'COMPLETED' });
    expect(got).toMatchObject({
      execution_id: id,
      run_id: id,
      chain_id: id,
      attempt_number: 1,
      upstream: {},
    });
    expect(got?.parameters).toEqual({ p: 1, q: 3 });
    expect(got?.checkpoint).toBeUndefined();
    expect(await resultOf(id)).toMatchObject({ status: 'SUCCESS', exit_code: 0, outputs: { batch: 'x' } });
    expect(await eventsOf(id)).toEqual(['CREATE', 'ENQUEUE', 'CLAIM', 'SUCCEED', 'COMPLETE']);
  });

  it('shows a dependent the outputs of each upstream, by job', async () => {
    const root = await start(
      define('root'),
      define('left', { after: ['root'] }),
      define('right', { after: ['root'] }),
      define('join', { after: ['left', 'right'] }),
    );
    const upstreams = new Map<string, Attempt['upstream']>();
    const body: Body = ({ definition, upstream }) => {
      upstreams.set(definition.job_id, upstream);
      return succeedWith({ from: definition.job_id });
    };
    for (let ran = 0; ran < 4; ran++) await run(services, admitted(), body);
    expect(Object.fromEntries(upstreams)).toEqual({
      root: {},
      left: { root: { from: 'root' } },
      right: { root: { from: 'root' } },
      join: { left: { from: 'left' }, right: { from: 'right' } },
    });
    expect(await services.runs.get(root)).toMatchObject({ status: 'succeeded', open: 0 });
  });

  it('shows a dependent the outputs of the attempt that succeeded, also in its own retry', async () => {
    await start(define('a', RETRIED), define('b', { after: ['a'], ...RETRIED }));
    await run(services, admitted(), () => failWith(TRANSIENT));
    await fixture.setClockOffset(100_000);
    await promoteRetries(services);
    await run(services, admitted(), () => succeedWith({ from: 'second' }));
    await run(services, admitted(), () => failWith(TRANSIENT));
    await fixture.setClockOffset(200_000);
    await promoteRetries(services);
    let upstream: Attempt['upstream'] | undefined;
    await run(services, admitted(), (attempt) => {
      upstream = attempt.upstream;
      return succeedWith();
    });
    expect(upstream).toEqual({ a: { from: 'second' } });
  });

  describe('after a failure', () => {
    it('waits out the backoff, then runs again in the same run, until the attempts are used up', async () => {
      const first = await start(define('a', RETRIED));
      const ids = [first];
      for (const [attempt, delay] of [100_000, 200_000].entries()) {
        const outcome = await run(services, admitted(), () => failWith(TRANSIENT));
        expect(outcome).toMatchObject({ kind: 'recorded', status: 'FAILED' });
        const failed = await recordOf(services, ids.at(-1) ?? '');
        const retry = await recordOf(services, failed.retried_by ?? '');
        expect(retry).toMatchObject({
          status: 'PENDING',
          attempt_number: attempt + 2,
          parent_execution_id: first,
          run_id: first,
          trigger_id: failed.trigger_id,
        });
        expect(retry.not_before).toBeGreaterThanOrEqual((failed.started_time ?? 0) + delay);
        expect(retry.not_before).toBeLessThanOrEqual((failed.completed_time ?? 0) + delay);
        expect(await promoteRetries(services)).toBe(0);
        expect(await services.runs.get(first)).toMatchObject({ status: 'running' });
        await fixture.setClockOffset(attempt * 100_000 + delay);
        expect(await promoteRetries(services)).toBe(1);
        ids.push(retry.execution_id);
      }
      await run(services, admitted(), () => failWith(TRANSIENT));
      expect(await recordOf(services, ids[2] ?? '')).toMatchObject({ status: 'FAILED' });
      expect((await recordOf(services, ids[2] ?? '')).retried_by).toBeUndefined();
      expect(await services.runs.executions(first)).toEqual(ids);
      expect(await services.runs.get(first)).toMatchObject({ status: 'failed', open: 0 });
    });

    it('ends at once where the error is permanent, with the dependents cancelled and the reason kept', async () => {
      const root = await start(
        define('a', RETRIED),
        define('b', { after: ['a'] }),
        define('c', { after: ['b'] }),
      );
      await run(services, admitted(), () => failWith(PERMANENT));
      expect(await recordOf(services, root)).toMatchObject({ status: 'FAILED', reason: PERMANENT });
      expect(await resultOf(root)).toMatchObject({
        status: 'FAILED',
        error_code: PERMANENT,
        error_message: 'on purpose',
      });
      for (const job of ['b', 'c']) {
        const [execution] = await executionsOf(services, job);
        expect(execution).toMatchObject({
          status: 'CANCELLED',
          reason: 'DEP_004_UPSTREAM_NOT_MET',
          run_id: root,
        });
      }
      expect(await services.runs.get(root)).toMatchObject({ status: 'failed', open: 0 });
    });

    it('promotes a retry once, whichever schedulers try', async () => {
      await start(define('a', RETRIED));
      await run(services, admitted(), () => failWith(TRANSIENT));
      await fixture.setClockOffset(101_000);
      const schedulers = [services, fixture.anotherProcess(), fixture.anotherProcess()];
      const promoted = await Promise.all(schedulers.map(promoteRetries));
      expect(promoted.reduce((sum, count) => sum + count, 0)).toBe(1);
      expect(fixture.admitted).toHaveLength(1);
    });
  });

  it('stops a body whose time is up and records a time-out', async () => {
    const id = await start(define('a', { timeout_seconds: 1, retry_policy: { max_attempts: 1 } }));
    const outcome = await run(services, id, (_attempt, { signal }) => untilStopped(signal));
    expect(outcome).toMatchObject({ kind: 'recorded', status: 'FAILED' });
    expect(await recordOf(services, id)).toMatchObject({ reason: 'EXEC_011_TIMEOUT' });
    expect(await resultOf(id)).toMatchObject({ status: 'TIMEOUT', error_code: 'EXEC_011_TIMEOUT' });
    expect(await eventsOf(id)).toEqual(['CREATE', 'ENQUEUE', 'CLAIM', 'TIME_OUT']);
  });

  it('runs a delivery once that is claimed by many at the same time', async () => {
    const id = await start(define('a'));
    const claimants = await Promise.all(
      Array.from({ length: 8 }, async (_, n) => {
        await fixture.registerExecutor(`executor-${String(n)}`);
        return {
          services: n % 2 === 0 ? services : fixture.anotherProcess(),
          executor_id: `executor-${String(n)}`,
        };
      }),
    );
    let bodies = 0;
    const outcomes = await Promise.all(
      claimants.map((claimant) =>
        runAttempt(
          executorContext(claimant.services, claimant.executor_id, () => {
            bodies += 1;
            return succeedWith();
          }),
          id,
        ),
      ),
    );
    expect(bodies).toBe(1);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual([
      ...Array<string>(7).fill('declined'),
      'recorded',
    ]);
    expect(await eventsOf(id)).toEqual(['CREATE', 'ENQUEUE', 'CLAIM', 'SUCCEED', 'COMPLETE']);
  });

  it('declines a delivery that comes again after the end, and one of nothing', async () => {
    const id = await start(define('a'));
    await run(services, id, () => succeedWith());
    const body: Body = () => {
      throw new Error('it must not run');
    };
    expect(await run(services, id, body)).toEqual({ kind: 'declined', refusal: 'ILLEGAL_TRANSITION' });
    expect(await run(services, 'nothing', body)).toEqual({ kind: 'declined', refusal: 'UNKNOWN_EXECUTION' });
  });

  describe('stopped from outside', () => {
    it('by a shutdown: the attempt fails and is repeated at once, at nobody’s expense', async () => {
      const id = await start(define('a', { retry_policy: { max_attempts: 1 } }));
      const stop = executorStop();
      const context = executorContext(
        services,
        'executor',
        (_attempt, { signal }) => {
          stop.abort('SHUTDOWN');
          return untilStopped(signal);
        },
        stop.signal,
      );
      expect(await runAttempt(context, id)).toMatchObject({ kind: 'recorded', status: 'FAILED' });
      const failed = await recordOf(services, id);
      expect(failed.reason).toBe('EXEC_012_EXECUTOR_LOST');
      expect(await promoteRetries(services)).toBe(1);
      expect(await recordOf(services, failed.retried_by ?? '')).toMatchObject({
        status: 'QUEUED',
        lost_attempts: 1,
      });
    });

    it('by a lost lease: nothing is recorded, for that is recovery’s now', async () => {
      const id = await start(define('a'));
      const stop = executorStop();
      const context = executorContext(
        services,
        'executor',
        (_attempt, { signal }) => {
          stop.abort('LEASE_LOST');
          return untilStopped(signal);
        },
        stop.signal,
      );
      expect(await runAttempt(context, id)).toMatchObject({ kind: 'refused', refusal: 'LEASE_LOST' });
      expect(await recordOf(services, id)).toMatchObject({ status: 'RUNNING', revision: 3 });
    });

    it('as soon as it starts, where the executor was stopping already', async () => {
      const id = await start(define('a'));
      const stop = executorStop();
      stop.abort('SHUTDOWN');
      let aborted: boolean | undefined;
      const body: Body = (_attempt, { signal }) => {
        aborted = signal.aborted;
        return untilStopped(signal);
      };
      await runAttempt(executorContext(services, 'executor', body, stop.signal), id);
      expect(aborted).toBe(true);
    });
  });

  describe('where answers are lost after the call went through', () => {
    /** Drops the first answer of each different transition. */
    function losingAnswers(): Services {
      const lost = new Set<string>();
      const transition: ExecutionStore['transition'] = async (command) => {
        const answer = await services.executions.transition(command);
        const name = `${command.execution_id} ${command.event}`;
        if (lost.has(name)) return answer;
        lost.add(name);
        throw new Error('Connection is closed.');
      };
      const executions = Object.assign(Object.create(services.executions) as ExecutionStore, { transition });
      return { ...services, executions };
    }

    it('a success is recorded once and releases each dependent once', async () => {
      const id = await start(define('a'), define('b', { after: ['a'] }));
      let bodies = 0;
      const outcome = await run(losingAnswers(), admitted(), () => {
        bodies += 1;
        return succeedWith();
      });
      expect(outcome).toMatchObject({ kind: 'recorded', status: 'COMPLETED' });
      expect(bodies).toBe(1);
      expect(await eventsOf(id)).toEqual(['CREATE', 'ENQUEUE', 'CLAIM', 'SUCCEED', 'COMPLETE']);
      expect(await executionsOf(services, 'b')).toHaveLength(1);
      expect(await services.statistics.outcomes(1)).toEqual({ COMPLETED: 1 });
      expect((await services.limits.held(['global'])).get('global')).toBe(1);
    });

    it('a failure is recorded once and makes one retry', async () => {
      const id = await start(define('a', RETRIED));
      const outcome = await run(losingAnswers(), admitted(), () => failWith(TRANSIENT));
      expect(outcome).toMatchObject({ kind: 'recorded', status: 'FAILED' });
      expect(await eventsOf(id)).toEqual(['CREATE', 'ENQUEUE', 'CLAIM', 'FAIL']);
      expect(await services.runs.executions(id)).toHaveLength(2);
      expect(await services.statistics.outcomes(1)).toEqual({ FAILED: 1 });
    });
  });

  describe('where Redis is away for a moment before the body starts', () => {
    /** Fails the first call of each method named. */
    function failingOnce<Store extends object>(
      store: Store,
      ...methods: readonly (keyof Store & string)[]
    ): Store {
      const failed = new Set<string>();
      return new Proxy(store, {
        get(target, name, receiver) {
          const value: unknown = Reflect.get(target, name, receiver);
          if (typeof value !== 'function' || !(methods as readonly unknown[]).includes(name)) return value;
          return (...args: unknown[]): unknown => {
            if (failed.has(String(name))) return value.apply(target, args) as unknown;
            failed.add(String(name));
            return Promise.reject(new Error('Connection is closed.'));
          };
        },
      });
    }

    it('tries again, for while it holds the lease nobody else ends what it has claimed', async () => {
      await start(define('a'), define('b', { after: ['a'], ...RETRIED }));
      await run(services, admitted(), () => succeedWith({ from: 'a' }));
      await run(services, admitted(), () => failWith(TRANSIENT));
      await fixture.setClockOffset(101_000);
      await promoteRetries(services);
      const other = fixture.anotherProcess();
      const shaky: Services = {
        ...other,
        executions: failingOnce(other.executions, 'decidedEdges', 'getMany'),
        checkpoints: failingOnce(other.checkpoints, 'read'),
        catalog: failingOnce(other.catalog, 'definition'),
      };
      let upstream: Attempt['upstream'] | undefined;
      const outcome = await run(shaky, admitted(), (attempt) => {
        upstream = attempt.upstream;
        return succeedWith();
      });
      expect(outcome).toMatchObject({ kind: 'recorded', status: 'COMPLETED' });
      expect(upstream).toEqual({ a: { from: 'a' } });
    });
  });

  it('fails an attempt whose runner breaks, rather than leave it running for ever', async () => {
    const id = await start(define('a'));
    const outcome = await run(services, id, () => {
      throw new Error('no space left on device');
    });
    expect(outcome).toMatchObject({ kind: 'recorded', status: 'FAILED' });
    expect(await resultOf(id)).toMatchObject({
      status: 'FAILED',
      error_message: expect.stringContaining('no space left'),
    });
  });

  it('has written what a body printed by the time that it ends', async () => {
    const id = await start(define('a'));
    let before: readonly unknown[] = [];
    const transition: ExecutionStore['transition'] = async (command) => {
      if (command.event === 'SUCCEED') before = await services.logs.read(id, undefined, 10);
      return services.executions.transition(command);
    };
    const executions = Object.assign(Object.create(services.executions) as ExecutionStore, { transition });
    await run({ ...services, executions }, id, (_attempt, { onLog }) => {
      onLog('stdout', 'the last line');
      return succeedWith();
    });
    expect(before).toMatchObject([{ text: 'the last line' }]);
  });

  it('drops the oldest of what a body prints faster than it is kept, and their numbers tell', async () => {
    const id = await start(define('a'));
    await run(services, id, (_attempt, { onLog }) => {
      for (let n = 1; n <= 2500; n++) onLog('stdout', `line ${String(n)}`);
      return succeedWith();
    });
    const lines = await services.logs.read(id, undefined, 5000);
    expect(lines.map(({ number, text }) => [number, text])).toEqual(
      Array.from({ length: 2000 }, (_, n) => [n + 501, `line ${String(n + 501)}`]),
    );
  });

  it('keeps what a body prints, in order, also when it prints much at once', async () => {
    const id = await start(define('a'));
    const printed = Array.from({ length: 1500 }, (_, n) => `line ${String(n)}`);
    await run(services, id, (_attempt, { onLog }) => {
      for (const line of printed) onLog('stdout', line);
      return succeedWith();
    });
    const lines = await services.logs.read(id, undefined, 5000);
    expect(lines.map(({ text }) => text)).toEqual(printed);
    expect(lines.map(({ number }) => number)).toEqual(printed.map((_, n) => n + 1));
  });
});
