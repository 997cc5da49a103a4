import { orchestrationHealthStatusSchema, type EmergencyAction, type ExhaustionEntry } from '@phi/core';
import {
  carryOn,
  fireSchedules,
  flushTriggers,
  listTicks,
  promoteRetries,
  readHealth,
  rerunRun,
  triggerJob,
  type Services,
} from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  failWith,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
  setLimits,
} from './testing/engine-fixture.js';
import { accept, eventOf, startedBy, triggerOf } from './testing/event-fixture.js';

const LAPSES_MS = 150_000;
const EXHAUSTED = { ok: false, refusal: 'EXHAUSTED', reason: 'RES_001_MEMORY_EXHAUSTED' };

/** Memory above its threshold, with what is done about it. */
function memory(source: ExhaustionEntry['source'], ...actions: EmergencyAction[]): ExhaustionEntry {
  return {
    source,
    resource_type: 'MEMORY',
    code: 'RES_001_MEMORY_EXHAUSTED',
    usage: 0.97,
    threshold: 0.95,
    actions,
    reject_below: 0,
  };
}

describe('an exhausted resource', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('exhaustion');
    services = fixture.services;
    await offer('executor', 100);
  });
  afterEach(() => fixture.close());

  /** Registers an executor, or changes what it offers. */
  const offer = (executor_id: string, places: number): Promise<void> =>
    services.leases.register({ executor_id, lease_ms: 1_000_000_000, places, information: {} });
  const report = (measurer: string, ...exhausted: ExhaustionEntry[]): Promise<void> =>
    services.exhaustion.report({ measurer, lapses_ms: LAPSES_MS, exhausted });
  const inForce = async (): Promise<EmergencyAction[]> =>
    (await services.exhaustion.read()).exhausted.flatMap(({ in_force }) => in_force);
  const statusOf = async (id: string): Promise<string> => (await recordOf(services, id)).status;

  describe('QUEUE_ALL', () => {
    it('admits nothing while it holds, and what waited once it lifts', async () => {
      await apply(services, [define('a')]);
      const before = await trigger(services, 'a');
      await report('recovery', memory('REDIS', 'QUEUE_ALL'));
      const waiting = [await trigger(services, 'a'), await trigger(services, 'a')];
      expect(fixture.admitted).toEqual([before]);
      expect(await Promise.all(waiting.map(statusOf))).toEqual(['QUEUED', 'QUEUED']);
      await report('recovery');
      expect(fixture.admitted).toEqual([before, ...waiting]);
    });

    it('lets what runs come to its end, and queues what that releases', async () => {
      await apply(services, [define('a'), define('b', { after: ['a'] })]);
      const a = await trigger(services, 'a');
      await run(services, a, async () => {
        await report('recovery', memory('REDIS', 'QUEUE_ALL'));
        return succeedWith();
      });
      expect(await statusOf(a)).toBe('COMPLETED');
      const [b] = await executionsOf(services, 'b');
      expect(b).toMatchObject({ status: 'QUEUED' });
      expect(fixture.admitted).toEqual([a]);
      await report('recovery');
      expect(fixture.admitted).toEqual([a, b?.execution_id]);
    });

    it('leaves no lane parked whose limit was given back meanwhile', async () => {
      await apply(services, [define('a'), define('b')]);
      await setLimits(services, new Map([['job:a', 1]]));
      const first = await trigger(services, 'a');
      const parked = await trigger(services, 'a');
      await run(services, first, async () => {
        await report('recovery', memory('REDIS', 'QUEUE_ALL'));
        return succeedWith();
      });
      await trigger(services, 'b');
      expect(fixture.admitted).toEqual([first]);
      await report('recovery');
      expect(fixture.admitted).toContain(parked);
      expect(fixture.admitted).toHaveLength(3);
    });

    it('lapses when its measurer is gone, and the scheduler admits what waited', async () => {
      await apply(services, [define('a')]);
      await report('recovery', memory('REDIS', 'QUEUE_ALL'));
      const id = await trigger(services, 'a');
      await fixture.setClockOffset(LAPSES_MS / 2);
      await carryOn(services);
      expect(fixture.admitted).toEqual([]);
      await fixture.setClockOffset(LAPSES_MS + 1000);
      await carryOn(services);
      expect(fixture.admitted).toEqual([id]);
      expect((await services.exhaustion.read()).exhausted).toEqual([]);
    });

    it('holds for as long as its measurer repeats it', async () => {
      await apply(services, [define('a')]);
      await report('recovery', memory('REDIS', 'QUEUE_ALL'));
      const [begun] = (await services.exhaustion.read()).exhausted;
      await fixture.setClockOffset(100_000);
      await report('recovery', { ...memory('REDIS', 'QUEUE_ALL'), usage: 0.99 });
      await fixture.setClockOffset(200_000);
      await trigger(services, 'a');
      expect(fixture.admitted).toEqual([]);
      const [now] = (await services.exhaustion.read()).exhausted;
      expect(now).toMatchObject({ usage: 0.99, since: begun?.since });
      expect(await services.exhaustion.counts()).toMatchObject({ MEMORY: 1, DISK: 0 });
    });

    it('of two measurers holds until both have seen it recover', async () => {
      await apply(services, [define('a')]);
      await report('one', memory('REDIS', 'QUEUE_ALL'));
      await report('two', memory('REDIS', 'QUEUE_ALL'));
      const id = await trigger(services, 'a');
      await report('one');
      expect(fixture.admitted).toEqual([]);
      await report('two');
      expect(fixture.admitted).toEqual([id]);
    });
  });

  describe('of an executor’s host', () => {
    it('leaves the namespace to the executors that have room', async () => {
      await offer('other', 1);
      await report('executor', memory('EXECUTOR', 'QUEUE_ALL', 'PAUSE_SCHEDULING'));
      await offer('executor', 0);
      expect(await inForce()).toEqual([]);
      await apply(services, [define('a')]);
      const ids = [await trigger(services, 'a'), await trigger(services, 'a'), await trigger(services, 'a')];
      // Its place, and one prefetched for it.
      expect(fixture.admitted).toEqual(ids.slice(0, 2));
      await offer('executor', 1);
      expect(fixture.admitted).toEqual(ids);
    });

    it('concerns the namespace when no executor is left, those aside that drain', async () => {
      await offer('other', 1);
      await offer('draining', 0);
      await report('executor', memory('EXECUTOR', 'PAUSE_SCHEDULING'));
      expect(await inForce()).toEqual([]);
      await report('other', memory('EXECUTOR', 'PAUSE_SCHEDULING', 'QUEUE_ALL'));
      expect(await inForce()).toEqual(['PAUSE_SCHEDULING', 'PAUSE_SCHEDULING']);
      await report('executor');
      expect(await inForce()).toEqual([]);
    });

    it('counts for nothing once the executor has left', async () => {
      await report('executor', memory('EXECUTOR', 'REJECT_LOW_PRIORITY'));
      expect(await inForce()).toEqual(['REJECT_LOW_PRIORITY']);
      await services.leases.leave('executor');
      expect(await inForce()).toEqual([]);
    });
  });

  describe('PAUSE_SCHEDULING', () => {
    const every = (more: object = {}) =>
      ({ schedule_type: 'INTERVAL', interval_seconds: 600, tolerance_seconds: 200, ...more }) as const;
    const ticksOf = async (job: string) =>
      (await listTicks(services, `${job}.schedule`, { limit: 100 }))?.items.toReversed() ?? [];
    const at = async (ms: number): Promise<void> => {
      await fixture.setClockOffset(ms);
      await fireSchedules(services);
    };

    it('holds fire times, and they are late once it lifts within their tolerance', async () => {
      await apply(services, [define('a', { schedule: every() })]);
      await report('recovery', memory('REDIS', 'PAUSE_SCHEDULING'));
      await fixture.setClockOffset(550_000);
      await report('recovery', memory('REDIS', 'PAUSE_SCHEDULING'));
      await at(610_000);
      expect(await ticksOf('a')).toMatchObject([{ outcome: 'HELD', reason: 'RES_001_MEMORY_EXHAUSTED' }]);
      expect(await executionsOf(services, 'a')).toEqual([]);
      expect(await readHealth(services)).toMatchObject({
        overall_status: 'DEGRADED',
        scheduler_status: 'DEGRADED: 1 schedule waits for a resource to recover (RES_001_MEMORY_EXHAUSTED)',
        exhausted_resources: [{ affected_jobs: ['a'], in_force: ['PAUSE_SCHEDULING'] }],
      });
      await report('recovery');
      await at(700_000);
      expect(await ticksOf('a')).toMatchObject([{ outcome: 'LATE' }]);
      expect(await readHealth(services)).toMatchObject({ overall_status: 'HEALTHY' });
    });

    it('loses none: past its tolerance a fire time is caught up or missed, as its schedule says', async () => {
      await apply(services, [
        define('a', { schedule: every() }),
        define('b', { schedule: every({ catchup_enabled: true, max_catchup_runs: 2 }) }),
      ]);
      for (const ms of [550_000, 650_000, 750_000, 1_150_000, 1_250_000, 1_750_000, 1_850_000]) {
        await fixture.setClockOffset(ms);
        await report('recovery', memory('REDIS', 'PAUSE_SCHEDULING'));
        await fireSchedules(services);
      }
      expect(await executionsOf(services, 'a')).toEqual([]);
      expect(await executionsOf(services, 'b')).toEqual([]);
      await report('recovery');
      await at(2_300_000);
      const outcomes = async (job: string) => (await ticksOf(job)).map(({ outcome }) => outcome);
      expect(await outcomes('a')).toEqual(['MISSED', 'MISSED', 'MISSED']);
      expect(await outcomes('b')).toEqual(['MISSED', 'CAUGHT_UP', 'CAUGHT_UP']);
    });

    it('stops neither requests nor events', async () => {
      await apply(services, [define('a', { triggers: [triggerOf()] })]);
      await report('recovery', memory('REDIS', 'PAUSE_SCHEDULING'));
      const id = await trigger(services, 'a');
      expect(await accept(services, eventOf('1'))).toMatchObject({ deliveries: [{ state: 'STARTED' }] });
      expect(fixture.admitted[0]).toBe(id);
      expect(fixture.admitted).toHaveLength(2);
    });

    it('lets a schedule be changed: what is held is rejected then', async () => {
      await apply(services, [define('a', { schedule: every() })]);
      await fixture.setClockOffset(550_000);
      await report('recovery', memory('REDIS', 'PAUSE_SCHEDULING'));
      await at(610_000);
      expect(
        await apply(services, [define('a', { schedule: every({ interval_seconds: 900 }) })]),
      ).toMatchObject({
        ok: true,
      });
      expect(await ticksOf('a')).toMatchObject([{ outcome: 'REJECTED', reason: 'RES_001_MEMORY_EXHAUSTED' }]);
    });
  });

  describe('REJECT_LOW_PRIORITY', () => {
    it('does not run a run again whose job is of low priority', async () => {
      await apply(services, [
        define('low', { resources: { priority: -1 }, retry_policy: { max_attempts: 1 } }),
      ]);
      const id = await trigger(services, 'low');
      await run(services, id, () => failWith('EXEC_005_INVALID_CONFIG'));
      await report('recovery', memory('REDIS', 'REJECT_LOW_PRIORITY'));
      expect(await rerunRun(services, { run_id: id, actor: 'tester' })).toEqual(EXHAUSTED);
      await report('recovery');
      expect(await rerunRun(services, { run_id: id, actor: 'tester' })).toMatchObject({ ok: true, pass: 2 });
    });

    const low = { resources: { priority: -1 } };

    it('refuses a request for a job of a lower priority, and nothing is left of it', async () => {
      await apply(services, [define('low', low), define('usual')]);
      await report('recovery', memory('REDIS', 'REJECT_LOW_PRIORITY'));
      const request = { job_id: 'low', actor: 'test', idempotency_key: 'k' };
      expect(await triggerJob(services, request)).toEqual(EXHAUSTED);
      expect(await triggerJob(services, { ...request, job_id: 'usual' })).toMatchObject({ ok: true });
      expect(await executionsOf(services, 'low')).toEqual([]);
      await report('recovery');
      expect(await triggerJob(services, request)).toMatchObject({ ok: true, created: true });
    });

    it('answers a repeated request as before', async () => {
      await apply(services, [define('low', low)]);
      const id = await trigger(services, 'low', { idempotency_key: 'k' });
      await report('recovery', memory('REDIS', 'REJECT_LOW_PRIORITY'));
      expect(await trigger(services, 'low', { idempotency_key: 'k' })).toBe(id);
    });

    it('enters fire times as rejected, at once and for good', async () => {
      const schedule = { schedule_type: 'INTERVAL', interval_seconds: 600, tolerance_seconds: 300 } as const;
      await apply(services, [define('low', { ...low, schedule }), define('usual', { schedule })]);
      await fixture.setClockOffset(550_000);
      await report('recovery', memory('REDIS', 'REJECT_LOW_PRIORITY'));
      await fixture.setClockOffset(605_000);
      await fireSchedules(services);
      await report('recovery');
      await fireSchedules(services);
      const tickOf = async (job: string) =>
        (await listTicks(services, `${job}.schedule`, { limit: 10 }))?.items;
      expect(await tickOf('low')).toMatchObject([
        { outcome: 'REJECTED', reason: 'RES_001_MEMORY_EXHAUSTED' },
      ]);
      expect(await tickOf('usual')).toMatchObject([{ outcome: 'LATE' }]);
    });

    it('holds events, whoever sent them, and starts them in order once it lifts', async () => {
      await apply(services, [
        define('low', { ...low, triggers: [triggerOf()] }),
        define('usual', { triggers: [triggerOf()] }),
      ]);
      await report('recovery', memory('REDIS', 'REJECT_LOW_PRIORITY'));
      for (const id of ['1', '2']) expect(await accept(services, eventOf(id))).toMatchObject({ ok: true });
      expect(await startedBy(services, 'usual')).toEqual([['1'], ['2']]);
      expect(await startedBy(services, 'low')).toEqual([]);
      await fixture.setClockOffset(5000);
      expect((await flushTriggers(services)).flushed).toBe(0);
      await report('recovery');
      await fixture.setClockOffset(10_000);
      expect((await flushTriggers(services)).flushed).toBe(1);
      expect(await startedBy(services, 'low')).toEqual([['1', '2']]);
    });

    it('holds a batch that is due, and loses nothing when its trigger changes', async () => {
      const batching = (batch_window_seconds: number) =>
        define('low', { ...low, triggers: [triggerOf({ batch_window_seconds })] });
      await apply(services, [batching(5)]);
      await accept(services, eventOf('1'));
      await report('recovery', memory('REDIS', 'REJECT_LOW_PRIORITY'));
      await fixture.setClockOffset(6000);
      expect((await flushTriggers(services)).flushed).toBe(0);
      await apply(services, [batching(7)]);
      expect(await startedBy(services, 'low')).toEqual([['1']]);
    });

    it('rejects neither dependents nor retries', async () => {
      const retry_policy = {
        retryable_errors: ['EXEC_006_MODULE_FAILED'],
        max_attempts: 2,
        jitter_factor: 0,
        initial_delay_seconds: 1,
      };
      await apply(services, [
        define('up', { ...low, retry_policy }),
        define('down', { ...low, after: ['up'] }),
      ]);
      const id = await trigger(services, 'up');
      await report('recovery', memory('REDIS', 'REJECT_LOW_PRIORITY'));
      await run(services, id, () => failWith('EXEC_006_MODULE_FAILED'));
      await fixture.setClockOffset(5000);
      await promoteRetries(services);
      const [retry] = await executionsOf(services, 'up');
      expect(retry).toMatchObject({ attempt_number: 2, status: 'QUEUED' });
      await run(services, retry?.execution_id ?? '', () => succeedWith());
      expect(await executionsOf(services, 'down')).toMatchObject([{ status: 'QUEUED' }]);
      expect(fixture.admitted).toHaveLength(3);
    });

    it('goes by the highest priority that any resource asks for', async () => {
      await apply(services, [define('usual')]);
      await report('one', memory('REDIS', 'REJECT_LOW_PRIORITY'));
      expect(await triggerJob(services, { job_id: 'usual', actor: 'test' })).toMatchObject({ ok: true });
      const stricter = { ...memory('REDIS', 'REJECT_LOW_PRIORITY'), reject_below: 1 };
      await report('two', stricter);
      expect(await triggerJob(services, { job_id: 'usual', actor: 'test' })).toEqual(EXHAUSTED);
    });
  });

  describe('in the health status', () => {
    it('is a ResourceExhaustionError with what waits for it', async () => {
      await apply(services, [define('a'), define('b')]);
      const entry = { ...memory('REDIS', 'QUEUE_ALL'), estimated_recovery_seconds: 40 };
      await report('recovery-1', entry);
      for (const job of ['a', 'b', 'b']) await trigger(services, job);
      const health = await readHealth(services);
      expect(orchestrationHealthStatusSchema.parse(health)).toEqual(health);
      expect(health).toMatchObject({
        overall_status: 'DEGRADED',
        resource_status:
          'DEGRADED: MEMORY of Redis: 97.0 % in use, threshold 95.0 %: QUEUE_ALL (RES_001_MEMORY_EXHAUSTED)',
        exhausted_resources: [
          {
            resource_type: 'MEMORY',
            current_usage: 0.97,
            threshold: 0.95,
            affected_jobs: ['a', 'b'],
            queued_count: 3,
            estimated_recovery_seconds: 40,
            measured_by: 'recovery-1',
          },
        ],
      });
      await report('recovery-1');
      expect(await readHealth(services)).toMatchObject({
        overall_status: 'HEALTHY',
        resource_status: 'HEALTHY',
        exhausted_resources: [],
      });
    });

    it('says of one executor that it takes nothing new, and where nothing is done', async () => {
      await offer('other', 1);
      await report('executor', memory('EXECUTOR', 'QUEUE_ALL'), {
        ...memory('EXECUTOR'),
        resource_type: 'CPU',
        code: 'RES_002_CPU_EXHAUSTED',
      });
      const { resource_status, overall_status } = await readHealth(services);
      expect(overall_status).toBe('DEGRADED');
      expect(resource_status).toMatch(/MEMORY of the host of executor: .*: it takes nothing new/);
      expect(resource_status).toMatch(/CPU of the host of executor: .*: nothing is done about it/);
    });
  });
});
