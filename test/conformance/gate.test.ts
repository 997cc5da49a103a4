import { WEEKDAYS, type ExecutionRecord } from '@phi/core';
import { carryOn, fireSchedules, listTicks, openWindows, triggerJob, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  failWith,
  openEngine,
  recordOf,
  registerUnchecked,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { rewriteRecord } from './testing/rewrite-record.js';
import { closeSound } from './testing/expect-sound.js';

const every = (interval_seconds: number, more: object = {}) =>
  ({ schedule_type: 'INTERVAL', interval_seconds, tolerance_seconds: 300, ...more }) as const;

const DAYTIME = [{ start: '06:00', end: '22:00', days: [...WEEKDAYS] }];
const DAY_MS = 86_400_000;
const minutes = (count: number): number => count * 60_000;
const hours = (count: number): number => count * 3_600_000;

describe('the gate', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('gate', { EXECUTOR_QUEUE_CAPACITY: 10 });
    services = fixture.services;
    await fixture.registerExecutor('executor', 1_000_000_000);
  });
  afterEach(() => closeSound(fixture));

  /** Midnight UTC of the day after tomorrow: the days of these tests begin here. */
  const midnight = (Math.floor(Date.now() / DAY_MS) + 2) * DAY_MS;
  const setTime = (instantMs: number): Promise<void> => fixture.setClockOffset(instantMs - Date.now());

  const statusOf = async (id: string) => (await recordOf(services, id)).status;
  const holdOf = async (id: string) => (await recordOf(services, id)).hold;
  const succeed = (id: string) => run(services, id, () => succeedWith());
  const ticksOf = async (job: string) =>
    (await listTicks(services, `${job}.schedule`, { limit: 1000 }))?.items.toReversed() ?? [];

  describe('skip_if_running', () => {
    it('skips a request while another execution is open, in its backoff too, and says so', async () => {
      await apply(services, [
        define('a', {
          concurrency: { skip_if_running: true },
          retry_policy: { retryable_errors: ['EXEC_006_MODULE_FAILED'], max_attempts: 2, jitter_factor: 0 },
        }),
      ]);
      const first = await trigger(services, 'a');
      const second = await trigger(services, 'a');
      expect(await recordOf(services, second)).toMatchObject({
        status: 'CANCELLED',
        reason: 'SKIP_001_ALREADY_RUNNING',
      });
      await run(services, first, () => failWith('EXEC_006_MODULE_FAILED'));
      expect(await statusOf(first)).toBe('FAILED');
      expect(await statusOf(await trigger(services, 'a'))).toBe('CANCELLED');
      const retry = (await executionsOf(services, 'a')).find(({ attempt_number }) => attempt_number === 2);
      await fixture.setClockOffset(61_000);
      await services.executions.transition({
        event: 'ENQUEUE',
        execution_id: retry?.execution_id ?? '',
        actor: 'test',
      });
      await succeed(retry?.execution_id ?? '');
      expect(await statusOf(await trigger(services, 'a'))).toBe('QUEUED');
    });

    it('passes the skip on to dependents, and does not count what waits for its upstreams', async () => {
      await apply(services, [
        define('up'),
        define('a', { after: ['up'], concurrency: { skip_if_running: true } }),
        define('b', { after: ['a'] }),
      ]);
      const [one, two] = [await trigger(services, 'up'), await trigger(services, 'up')];
      await succeed(one);
      await succeed(two);
      const dependents = await executionsOf(services, 'a');
      expect(dependents.map(({ status }) => status).sort()).toEqual(['CANCELLED', 'QUEUED']);
      expect(await executionsOf(services, 'b')).toMatchObject([
        { status: 'CANCELLED', reason: 'SKIP_005_UPSTREAM_SKIPPED' },
      ]);
    });

    it("settles a schedule's fire time in the ledger, naming what was open", async () => {
      await apply(services, [define('a', { schedule: every(600, { skip_if_running: true }) })]);
      await fixture.setClockOffset(minutes(11));
      await fireSchedules(services);
      const [running] = await executionsOf(services, 'a');
      for (const at of [minutes(21), minutes(31)]) {
        await fixture.setClockOffset(at);
        await fireSchedules(services);
      }
      await succeed(running?.execution_id ?? '');
      await fixture.setClockOffset(minutes(41));
      await fireSchedules(services);
      const skipped = { outcome: 'SKIPPED_RUNNING', detail: running?.execution_id };
      expect(await ticksOf('a')).toMatchObject([
        { outcome: 'LATE', execution_id: running?.execution_id },
        skipped,
        skipped,
        { outcome: 'LATE' },
      ]);
      expect(await executionsOf(services, 'a')).toHaveLength(2);
    });
  });

  describe('queue_if_running', () => {
    it('lets one after the other through, by nominal time, however each ends', async () => {
      await apply(services, [define('a', { concurrency: { queue_if_running: true } })]);
      const ids: string[] = [];
      for (let n = 0; n < 4; n++) ids.push(await trigger(services, 'a'));
      const [first = '', second = '', third = '', fourth = ''] = ids;
      expect(await Promise.all(ids.map(statusOf))).toEqual(['QUEUED', 'PENDING', 'PENDING', 'PENDING']);
      expect(await holdOf(third)).toBe('TURN');
      await run(services, first, () => failWith('EXEC_005_INVALID_CONFIG'));
      expect(await Promise.all(ids.map(statusOf))).toEqual(['FAILED', 'QUEUED', 'PENDING', 'PENDING']);
      await services.executions.transition({ event: 'CANCEL', execution_id: third, actor: 'test' });
      await succeed(second);
      expect(await Promise.all(ids.map(statusOf))).toEqual(['FAILED', 'COMPLETED', 'CANCELLED', 'QUEUED']);
      await succeed(fourth);
      expect(await statusOf(await trigger(services, 'a'))).toBe('QUEUED');
    });

    it('holds for the fire times of a schedule alone where the schedule says so', async () => {
      await apply(services, [define('a', { schedule: every(600, { queue_if_running: true }) })]);
      await fixture.setClockOffset(minutes(11));
      await fireSchedules(services);
      const byHand = await trigger(services, 'a');
      expect(await statusOf(byHand)).toBe('QUEUED');
      await fixture.setClockOffset(minutes(21));
      await fireSchedules(services);
      const waiting = (await executionsOf(services, 'a')).find(({ hold }) => hold === 'TURN');
      expect(waiting).toMatchObject({ status: 'PENDING', trigger_type: 'SCHEDULED' });
      for (const { execution_id } of await executionsOf(services, 'a')) {
        if (execution_id !== waiting?.execution_id) await succeed(execution_id);
      }
      expect(await statusOf(waiting?.execution_id ?? '')).toBe('QUEUED');
    });
  });

  describe('catchup', () => {
    const open = async (): Promise<ExecutionRecord[]> =>
      (await executionsOf(services, 'a')).filter(({ status }) => status === 'QUEUED');

    it('runs the latest missed, oldest first, one after another; the others are missed', async () => {
      await apply(services, [
        define('a', { schedule: every(600, { catchup_enabled: true, max_catchup_runs: 3 }) }),
      ]);
      await fixture.setClockOffset(minutes(107));
      await fireSchedules(services);
      const ticks = await ticksOf('a');
      expect(ticks.map(({ outcome }) => outcome)).toEqual([
        ...Array<string>(7).fill('MISSED'),
        ...Array<string>(3).fill('CAUGHT_UP'),
      ]);
      const expected = ticks.slice(-3).map(({ execution_id }) => execution_id);
      const order: string[] = [];
      for (let running = await open(); running.length > 0; running = await open()) {
        expect(running).toHaveLength(1);
        order.push(running[0]?.execution_id ?? '');
        await succeed(running[0]?.execution_id ?? '');
      }
      expect(order).toEqual(expected);
    });

    it('is no more than SCHEDULER_CATCHUP_LIMIT of the scheduler, whatever was registered', async () => {
      await apply(services, [
        define('a', { schedule: every(600, { catchup_enabled: true, max_catchup_runs: 5 }) }),
      ]);
      await fixture.setClockOffset(minutes(107));
      await fireSchedules(fixture.anotherProcess({ SCHEDULER_CATCHUP_LIMIT: 2 }));
      const outcomes = (await ticksOf('a')).map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'CAUGHT_UP')).toHaveLength(2);
    });

    it('is exempt from skip_if_running, and a fire time meanwhile is not', async () => {
      const schedule = every(600, { catchup_enabled: true, max_catchup_runs: 2, skip_if_running: true });
      await apply(services, [define('a', { schedule })]);
      await fixture.setClockOffset(minutes(57));
      await fireSchedules(services);
      await fixture.setClockOffset(minutes(61));
      await fireSchedules(services);
      expect((await ticksOf('a')).map(({ outcome }) => outcome)).toEqual([
        'MISSED',
        'MISSED',
        'MISSED',
        'CAUGHT_UP',
        'CAUGHT_UP',
        'SKIPPED_RUNNING',
      ]);
      expect(await open()).toHaveLength(1);
    });
  });

  describe('execution windows', () => {
    const windowed = (more: object = {}) =>
      define('a', { execution_windows: DAYTIME, execution_window_timezone: 'UTC', ...more });

    it('skip outside where the job says so, with the ledger telling it of fire times', async () => {
      await setTime(midnight + hours(3));
      const schedule = {
        schedule_type: 'CRON',
        cron_expression: '0 * * * *',
        tolerance_seconds: 300,
      } as const;
      await apply(services, [windowed({ schedule })]);
      expect(await recordOf(services, await trigger(services, 'a'))).toMatchObject({
        status: 'CANCELLED',
        reason: 'SKIP_002_OUTSIDE_WINDOW',
      });
      for (let hour = 4; hour <= 7; hour++) {
        await setTime(midnight + hours(hour) + minutes(1));
        await openWindows(services);
        await fireSchedules(services);
      }
      expect((await ticksOf('a')).map(({ outcome }) => outcome)).toEqual([
        'SKIPPED_WINDOW',
        'SKIPPED_WINDOW',
        'LATE',
        'LATE',
      ]);
    });

    it('skip nothing while it is not known that they are closed, and what they turn out to be closed for', async () => {
      await setTime(midnight + hours(12));
      await apply(services, [windowed()]);
      // Nobody wrote the next window: the scheduler was away over the night.
      await setTime(midnight + DAY_MS + hours(12));
      const inside = await trigger(services, 'a');
      expect(await recordOf(services, inside)).toMatchObject({ status: 'PENDING', hold: 'WINDOW' });
      await openWindows(services);
      expect(await statusOf(inside)).toBe('QUEUED');
      await setTime(midnight + DAY_MS + hours(23));
      const outside = await trigger(services, 'a');
      expect(await holdOf(outside)).toBe('WINDOW');
      await openWindows(services);
      expect(await recordOf(services, outside)).toMatchObject({
        status: 'CANCELLED',
        reason: 'SKIP_002_OUTSIDE_WINDOW',
      });
    });

    it('hold until the next one opens, and let go of everything then, also by another process', async () => {
      await setTime(midnight + hours(3));
      await apply(services, [windowed({ skip_outside_window: false })]);
      const ids: string[] = [];
      for (let n = 0; n < 5; n++) ids.push(await trigger(services, 'a'));
      expect(await Promise.all(ids.map(holdOf))).toEqual(Array(5).fill('WINDOW'));
      expect(await openWindows(services)).toBeGreaterThan(hours(2.9));
      await setTime(midnight + hours(6));
      expect(await statusOf(ids[0] ?? '')).toBe('PENDING');
      await openWindows(fixture.anotherProcess());
      expect(await Promise.all(ids.map(statusOf))).toEqual(Array(5).fill('QUEUED'));
      expect(fixture.admitted.toSorted()).toEqual(ids.toSorted());
    });

    it('hold in line, where the job queues behind itself', async () => {
      await setTime(midnight + hours(3));
      await apply(services, [
        windowed({ skip_outside_window: false, concurrency: { queue_if_running: true } }),
      ]);
      const first = await trigger(services, 'a');
      const second = await trigger(services, 'a');
      await setTime(midnight + hours(6));
      await openWindows(services);
      expect([await statusOf(first), await statusOf(second)]).toEqual(['QUEUED', 'PENDING']);
      await succeed(first);
      expect(await statusOf(second)).toBe('QUEUED');
      expect(await services.executions.advance()).toBe(false);
    });

    it('are checked again where it is queued: what has no slot by the end waits for the next, or is skipped', async () => {
      await services.limits.change({ limits: new Map([['type:INGESTION', 0]]) });
      for (const skip of [false, true]) {
        const day = midnight + (skip ? DAY_MS : 0);
        await setTime(day + hours(21));
        await apply(services, [windowed({ skip_outside_window: skip })]);
        const id = await trigger(services, 'a');
        expect(await statusOf(id)).toBe('QUEUED');
        await setTime(day + hours(22));
        await services.limits.change({ limits: new Map([['type:INGESTION', 1]]) });
        expect(fixture.admitted).not.toContain(id);
        await openWindows(services);
        await carryOn(services);
        expect(await statusOf(id)).toBe(skip ? 'CANCELLED' : 'QUEUED');
        await setTime(day + DAY_MS + hours(6));
        await openWindows(services);
        expect(fixture.admitted.includes(id)).toBe(!skip);
        if (!skip) await succeed(id);
        await services.limits.change({ limits: new Map([['type:INGESTION', 0]]) });
      }
    });

    it('hold a retry rather than skip it', async () => {
      await setTime(midnight + hours(21));
      await apply(services, [
        windowed({
          retry_policy: {
            retryable_errors: ['EXEC_006_MODULE_FAILED'],
            initial_delay_seconds: 1800,
            jitter_factor: 0,
          },
        }),
      ]);
      const first = await trigger(services, 'a');
      await run(services, first, () => failWith('EXEC_006_MODULE_FAILED'));
      const retry = (await recordOf(services, first)).retried_by ?? '';
      await setTime(midnight + hours(22) + 1000);
      await openWindows(services);
      const enqueue = { event: 'ENQUEUE', execution_id: retry, actor: 'test' } as const;
      await services.executions.transition(enqueue);
      expect(await recordOf(services, retry)).toMatchObject({ status: 'PENDING', hold: 'WINDOW' });
      await setTime(midnight + DAY_MS + hours(6));
      await openWindows(services);
      expect(await statusOf(retry)).toBe('QUEUED');
    });

    it('count as closed for what usually takes longer than is left, where the job asks for that', async () => {
      await setTime(midnight + hours(6));
      const fitting = windowed({ skip_outside_window: false, fit_in_window: true });
      await apply(services, [fitting]);
      const long = await trigger(services, 'a');
      await run(services, long, async () => {
        await setTime(midnight + hours(8));
        return succeedWith();
      });
      await setTime(midnight + hours(19.9));
      await openWindows(services);
      await apply(services, [{ ...fitting, description: 'looks at the history' }]);
      expect(await statusOf(await trigger(services, 'a'))).toBe('QUEUED');
      await setTime(midnight + hours(20.1));
      await openWindows(services);
      const late = await trigger(services, 'a');
      expect(await holdOf(late)).toBe('WINDOW');
      await setTime(midnight + DAY_MS + hours(6));
      await openWindows(services);
      expect(await statusOf(late)).toBe('QUEUED');
    });

    it('count as closed where only others are long enough for what it usually takes', async () => {
      await setTime(midnight + hours(6));
      const short = { start: '06:00', end: '07:00', days: [...WEEKDAYS] };
      const long = { start: '10:00', end: '20:00', days: [...WEEKDAYS] };
      await apply(services, [
        windowed({ execution_windows: [short, long], skip_outside_window: false, fit_in_window: true }),
      ]);
      await run(services, await trigger(services, 'a'), async () => {
        await setTime(midnight + hours(9));
        return succeedWith();
      });
      await setTime(midnight + DAY_MS + hours(6));
      await openWindows(services);
      const id = await trigger(services, 'a');
      expect(await holdOf(id)).toBe('WINDOW');
      await setTime(midnight + DAY_MS + hours(10));
      await openWindows(services);
      expect(await statusOf(id)).toBe('QUEUED');
    });

    it('hold where they cannot be evaluated, and keep those of no other job from opening', async () => {
      await setTime(midnight + hours(3));
      await apply(services, [windowed({ skip_outside_window: false })]);
      const window = {
        opens: midnight + hours(6),
        from: midnight,
        closes: midnight + hours(22),
        skip: true,
      };
      const unknown = { execution_windows: DAYTIME, execution_window_timezone: 'Europe/Atlantis' };
      await registerUnchecked(services, define('b', unknown), { window });
      const id = await trigger(services, 'a');
      await setTime(midnight + hours(6));
      await openWindows(services);
      expect(await statusOf(id)).toBe('QUEUED');
      expect(await holdOf(await trigger(services, 'b'))).toBe('WINDOW');
      expect(fixture.reported).toMatchObject([{ queue: 'phi_scheduling_errors' }]);
    });

    it('skip what is queued behind many retries, which stay', async () => {
      const retry_policy = {
        retryable_errors: ['EXEC_006_MODULE_FAILED'],
        max_attempts: 2,
        initial_delay_seconds: 1,
        jitter_factor: 0,
      };
      const own = openEngine('gate-lane', { EXECUTOR_QUEUE_CAPACITY: 1000 });
      try {
        await own.registerExecutor('executor', 1_000_000_000);
        await own.setClockOffset(midnight + hours(21) - Date.now());
        await apply(own.services, [windowed({ retry_policy })]);
        const retries: string[] = [];
        for (let n = 0; n < 45; n++) {
          const first = await trigger(own.services, 'a');
          await run(own.services, first, () => failWith('EXEC_006_MODULE_FAILED'));
          retries.push((await recordOf(own.services, first)).retried_by ?? '');
        }
        await own.services.limits.change({ limits: new Map([['type:INGESTION', 0]]) });
        await own.setClockOffset(midnight + hours(21.5) - Date.now());
        for (const execution_id of retries)
          await own.services.executions.transition({ event: 'ENQUEUE', execution_id, actor: 'test' });
        for (let n = 0; n < 70; n++) await trigger(own.services, 'a');
        await own.setClockOffset(midnight + hours(22) - Date.now());
        await openWindows(own.services);
        await carryOn(own.services);
        expect(await own.services.executions.countByStatus()).toMatchObject({ QUEUED: 45, CANCELLED: 70 });
      } finally {
        await own.close();
      }
    });

    it('keep what a newer build has written for that build to let go', async () => {
      await setTime(midnight + hours(3));
      await apply(services, [windowed({ skip_outside_window: false })]);
      const id = await trigger(services, 'a');
      const record = fixture.key(`x:${id}`);
      const written = (await fixture.redis.getBuffer(record)) ?? Buffer.alloc(0);
      await rewriteRecord(fixture.redis, record, { schema_version: 99 });
      await setTime(midnight + hours(6));
      await openWindows(services);
      await fixture.redis.set(record, written);
      await carryOn(services);
      expect(await statusOf(id)).toBe('QUEUED');
    });

    it('that a job no longer has hold nothing any more', async () => {
      await setTime(midnight + hours(3));
      await apply(services, [windowed({ skip_outside_window: false })]);
      const id = await trigger(services, 'a');
      await apply(services, [define('a')]);
      expect(await statusOf(id)).toBe('QUEUED');
    });
  });

  describe('EXECUTOR_QUEUE_CAPACITY', () => {
    beforeEach(() => services.limits.change({ limits: new Map([['global', 1]]) }));

    const fill = async (): Promise<string[]> => {
      await apply(services, [define('filler')]);
      const ids: string[] = [];
      for (let n = 0; n < 10; n++) ids.push(await trigger(services, 'filler'));
      return ids;
    };

    it('refuses a request, and nothing is left of it', async () => {
      await fill();
      const refused = await triggerJob(services, { job_id: 'filler', actor: 'test', idempotency_key: 'k' });
      expect(refused).toEqual({ ok: false, refusal: 'QUEUE_FULL' });
      expect(await executionsOf(services, 'filler')).toHaveLength(10);
      await succeed(fixture.admitted[0] ?? '');
      expect(
        await triggerJob(services, { job_id: 'filler', actor: 'test', idempotency_key: 'k' }),
      ).toMatchObject({ ok: true, created: true });
    });

    it('holds a fire time as long as its tolerance, then rejects it', async () => {
      await apply(services, [define('a', { schedule: every(600) }), define('b', { schedule: every(600) })]);
      const ids = await fill();
      await fixture.setClockOffset(minutes(11));
      await fireSchedules(services);
      expect(await ticksOf('a')).toMatchObject([{ outcome: 'HELD', reason: 'RES_005_QUEUE_FULL' }]);
      await fixture.setClockOffset(minutes(13));
      for (const id of ids.slice(0, 1)) await succeed(id);
      await fireSchedules(services);
      await fixture.setClockOffset(minutes(16));
      await fireSchedules(services);
      const outcomes = [...(await ticksOf('a')), ...(await ticksOf('b'))].map(({ outcome }) => outcome);
      expect(new Set(outcomes)).toEqual(new Set(['LATE', 'REJECTED']));
      expect(outcomes).toHaveLength(2);
    });

    it('does not count what was skipped as it came', async () => {
      await apply(services, [define('a', { concurrency: { skip_if_running: true } })]);
      await trigger(services, 'a');
      for (let n = 0; n < 10; n++) expect(await statusOf(await trigger(services, 'a'))).toBe('CANCELLED');
      expect(await services.executions.countByStatus()).toMatchObject({ QUEUED: 1, CANCELLED: 10 });
      await apply(services, [define('b')]);
      expect(await statusOf(await trigger(services, 'b'))).toBe('QUEUED');
    });

    it('does not count what is claimed or waits for its upstreams', async () => {
      const [first = ''] = await fill();
      await run(services, first, async () => {
        expect(await triggerJob(services, { job_id: 'filler', actor: 'test' })).toMatchObject({ ok: true });
        return succeedWith();
      });
    });
  });
});
