import {
  TERMINAL_STATUSES,
  type AuthoredJobDefinition,
  type CancelResult,
  type ExecutionRecord,
} from '@phi/core';
import {
  cancelExecution,
  cancelRun,
  Cancellations,
  runAttempt,
  takeBackLost,
  type Services,
} from '@phi/engine';
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
import { closeSound } from './testing/expect-sound.js';

const BY = { actor: 'tester', detail: 'wrong parameters' };
const RETRIED: Partial<AuthoredJobDefinition> = {
  retry_policy: { retryable_errors: ['EXEC_006_MODULE_FAILED'], max_attempts: 3, jitter_factor: 0 },
};

describe('cancelling', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('cancel');
    services = fixture.services;
    await fixture.registerExecutor('executor');
  });
  afterEach(() => closeSound(fixture));

  const cancel = (id: string) => cancelExecution(services, id, BY);
  const statusOf = async (id: string) => (await recordOf(services, id)).status;
  const only = async (job: string): Promise<ExecutionRecord> => {
    const [record] = await executionsOf(services, job);
    if (record === undefined) throw new Error(`${job} has no execution`);
    return record;
  };

  /** Runs a body that waits to be stopped, on an executor that is told of what was asked. */
  async function runUntilAsked(id: string, body: Body = (_, { signal }) => untilStopped(signal)) {
    const cancellations = new Cancellations();
    let started = (): void => undefined;
    const running = new Promise<void>((resolve) => (started = resolve));
    const context = executorContext(services, 'executor', (attempt, hooks) => {
      started();
      return body(attempt, hooks);
    });
    const outcome = runAttempt({ ...context, cancellations }, id);
    await running;
    return { outcome, cancellations };
  }

  it('ends at once what waits, and says by whom', async () => {
    await apply(services, [define('a'), define('b', { after: ['elsewhere'] }), define('elsewhere')]);
    const queued = await trigger(services, 'a');
    expect(await cancel(queued)).toEqual({ ok: true, execution_id: queued, status: 'CANCELLED' });
    expect(await recordOf(services, queued)).toMatchObject({ reason: 'CANCEL_001_REQUESTED' });
    expect((await recordOf(services, queued)).history.at(-1)).toMatchObject({
      event: 'CANCEL',
      actor: 'tester',
      detail: 'wrong parameters',
    });
    expect(await cancel(queued)).toMatchObject({ ok: true, status: 'CANCELLED' });
    expect(await run(services, queued, () => succeedWith())).toMatchObject({ kind: 'declined' });
  });

  it('asks what runs to stop; it ends once its body is gone, and is not retried', async () => {
    await apply(services, [define('a', RETRIED)]);
    const id = await trigger(services, 'a');
    const { outcome, cancellations } = await runUntilAsked(id);
    expect(await cancel(id)).toEqual({ ok: true, execution_id: id, status: 'RUNNING' });
    expect(await statusOf(id)).toBe('RUNNING');
    expect(await services.leases.renew('executor', 600_000)).toMatchObject({ held: true, to_stop: [id] });
    cancellations.announce(id);
    expect(await outcome).toMatchObject({ kind: 'recorded', status: 'CANCELLED' });
    expect(await services.leases.renew('executor', 600_000)).toMatchObject({ held: true, to_stop: [] });
    expect(await executionsOf(services, 'a')).toHaveLength(1);
  });

  it('lets a result that came first stand, and tells so afterwards', async () => {
    await apply(services, [define('a')]);
    const id = await trigger(services, 'a');
    const { outcome } = await runUntilAsked(id, async () => {
      await cancel(id);
      return succeedWith();
    });
    expect(await outcome).toMatchObject({ status: 'COMPLETED' });
    expect(await cancel(id)).toEqual({ ok: false, refusal: 'ENDED', execution_id: id, status: 'COMPLETED' });
  });

  it('takes nothing that a body returns after it was told to stop for a result', async () => {
    await apply(services, [define('a')]);
    const id = await trigger(services, 'a');
    const { outcome, cancellations } = await runUntilAsked(id, async (_, { signal }) => {
      await untilStopped(signal);
      return succeedWith();
    });
    await cancel(id);
    cancellations.announce(id);
    expect(await outcome).toMatchObject({ status: 'CANCELLED' });
  });

  it('cancels the chain by any of its attempts, in its backoff too', async () => {
    await apply(services, [define('a', RETRIED)]);
    const first = await trigger(services, 'a');
    await run(services, first, () => failWith('EXEC_006_MODULE_FAILED'));
    const retry = (await recordOf(services, first)).retried_by ?? '';
    expect(await cancel(first)).toEqual({ ok: true, execution_id: retry, status: 'CANCELLED' });
    expect(await statusOf(retry)).toBe('CANCELLED');
  });

  it('is confirmed by recovery when the executor is gone', async () => {
    await apply(services, [define('a', RETRIED)]);
    const id = await trigger(services, 'a');
    const { outcome, cancellations } = await runUntilAsked(id);
    await cancel(id);
    await fixture.setClockOffset(601_000);
    await takeBackLost(services, { evict: true });
    expect(await recordOf(services, id)).toMatchObject({
      status: 'CANCELLED',
      reason: 'CANCEL_001_REQUESTED',
    });
    expect(await executionsOf(services, 'a')).toHaveLength(1);
    cancellations.announce(id);
    expect(await outcome).toMatchObject({ kind: 'refused' });
  });

  describe('with dependents', () => {
    const pipeline = (cancellation: object = {}) =>
      apply(services, [
        define('a', { cancellation }),
        define('b', { after: ['a'] }),
        define('c', { after: ['b'] }),
        define('cleanup', { after: [{ upstream_job_id: 'a', dependency_type: 'COMPLETION' }] }),
      ]);
    const reasons = async () => [(await only('b')).reason, (await only('c')).reason];

    it('leaves them unmet where it does not cascade', async () => {
      await pipeline();
      await cancel(await trigger(services, 'a'));
      expect(await reasons()).toEqual(['DEP_004_UPSTREAM_NOT_MET', 'DEP_004_UPSTREAM_NOT_MET']);
      expect((await only('cleanup')).status).toBe('QUEUED');
    });

    it('reaches the immediate ones, or all, but not what depends on COMPLETION', async () => {
      await pipeline({ cascade_cancel: true, cancel_scope: 'IMMEDIATE_DEPENDENTS' });
      const root = await trigger(services, 'a');
      await cancel(root);
      expect(await reasons()).toEqual(['CANCEL_002_CASCADED', 'DEP_004_UPSTREAM_NOT_MET']);
      expect((await only('cleanup')).status).toBe('QUEUED');
    });

    it('does what the request says rather than the job', async () => {
      await pipeline({ cascade_cancel: true, cancel_scope: 'IMMEDIATE_DEPENDENTS' });
      await cancelExecution(services, await trigger(services, 'a'), { ...BY, cascade: 'ALL_DOWNSTREAM' });
      expect(await reasons()).toEqual(['CANCEL_002_CASCADED', 'CANCEL_002_CASCADED']);
    });

    it('cancels a run whole, clean-up aside', async () => {
      await pipeline();
      const root = await trigger(services, 'a');
      await run(services, root, () => succeedWith());
      const results = (await cancelRun(services, root, BY)) ?? [];
      expect(results.map(({ ok }) => ok)).toEqual([true, true]);
      expect((await only('c')).reason).toBe('CANCEL_002_CASCADED');
      expect(await services.runs.get(root)).toMatchObject({ status: 'cancelled', open: 0 });
      expect(await cancelRun(services, root, BY)).toEqual([]);
      expect(await cancelRun(services, 'f'.repeat(24), BY)).toBeUndefined();
    });
  });

  describe('in a race', () => {
    const SEED = Number(process.env['PHI_SEED'] ?? 20261126);
    const RACES = 10_000;
    const AT_ONCE = 250;

    /** Mulberry32: the same numbers for the same seed. */
    function numbers(seed: number): () => number {
      let state = seed;
      return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
      };
    }

    const pauses = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) await new Promise((resolve) => setImmediate(resolve));
    };

    it(`with claim, complete and retry ${String(RACES)} times: one end each, and the caller is told the truth (seed ${String(SEED)})`, async () => {
      const random = numbers(SEED);
      const pick = (below: number): number => Math.floor(random() * below);
      await services.limits.change({ limits: new Map([['global', 10_000]]) });
      await services.leases.register({
        executor_id: 'executor',
        lease_ms: 600_000,
        places: 10_000,
        information: {},
      });
      const other = fixture.anotherProcess();
      await apply(services, [define('a', RETRIED)]);
      const told = new Map<string, number>();

      const race = async (): Promise<void> => {
        const id = await trigger(services, 'a');
        const [claimAfter, cancelAfter, bodyTakes] = [pick(6), pick(14), pick(8)];
        const ending = pick(3);
        const cancellations = new Cancellations();
        const body: Body = async (_, { signal }) => {
          await pauses(bodyTakes);
          if (ending === 0) return succeedWith();
          return ending === 1 ? failWith('EXEC_006_MODULE_FAILED') : untilStopped(signal);
        };
        const attempt = pauses(claimAfter).then(() =>
          runAttempt({ ...executorContext(services, 'executor', body), cancellations }, id),
        );
        const answer = pauses(cancelAfter).then(async (): Promise<CancelResult> => {
          const result = await cancelExecution(other, id, BY);
          cancellations.announce(id);
          return result;
        });
        const result = await answer;
        // A body that only ends when it is stopped has been asked to by now, or never began.
        await attempt;
        const record = await recordOf(services, id);
        const last = record.retried_by === undefined ? record : await recordOf(services, record.retried_by);
        expect(record.history.filter(({ event }) => event === 'CREATE')).toHaveLength(1);
        expect((TERMINAL_STATUSES as readonly string[]).includes(record.status)).toBe(true);
        const outcome = `${result.ok ? result.status : result.refusal} → ${last.status}`;
        told.set(outcome, (told.get(outcome) ?? 0) + 1);
        if (last !== record && last.status === 'PENDING') {
          expect(await cancelExecution(other, id, BY)).toMatchObject({ ok: true, status: 'CANCELLED' });
        }
      };

      for (let done = 0; done < RACES; done += AT_ONCE)
        await Promise.all(Array.from({ length: AT_ONCE }, race));

      const allowed = new Set([
        'CANCELLED → CANCELLED',
        'RUNNING → CANCELLED',
        'RUNNING → COMPLETED',
        'COMMITTED → COMPLETED',
        'ENDED → COMPLETED',
      ]);
      expect([...told.keys()].filter((outcome) => !allowed.has(outcome))).toEqual([]);
      // They did race; each kind of end has a test of its own above.
      expect(told.size).toBeGreaterThan(1);
      expect(await services.limits.held(['global'])).toEqual(new Map([['global', 0]]));
    }, 600_000);
  });
});
