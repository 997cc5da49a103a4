import {
  fireSchedules,
  listTicks,
  openWindows,
  promoteRetries,
  removePool,
  runAttempt,
  triggerJob,
  viewPool,
} from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { accept, eventOf, triggerOf } from './testing/event-fixture.js';
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
  type EngineFixture,
} from './testing/engine-fixture.js';
import { closeSound } from './testing/expect-sound.js';

const HOUR_MS = 3_600_000;
const DAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

describe('limits and pools', () => {
  let fixture: EngineFixture;
  let services: EngineFixture['services'];

  beforeEach(async () => {
    fixture = openEngine('limits');
    ({ services } = fixture);
    await fixture.registerExecutor('executor', 86_400_000);
  });
  afterEach(() => closeSound(fixture));

  const succeed = (id: string) => run(services, id, () => succeedWith());
  const statusOf = async (id: string) => (await recordOf(services, id)).status;

  describe('concurrency.max_running', () => {
    it('is a limit of the job, which changes and goes with it', async () => {
      await apply(services, [define('a'), define('b')]);
      const first = await trigger(services, 'a');
      await apply(services, [define('a', { concurrency: { max_running: 2 } })]);
      const [second, third] = [await trigger(services, 'a'), await trigger(services, 'a')];
      const other = await trigger(services, 'b');
      expect(fixture.admitted).toEqual([first, second, other]);
      expect(Object.fromEntries(await services.limits.all())).toMatchObject({ 'job:a': 2 });
      await apply(services, [define('a', { concurrency: { max_running: 3 } })]);
      expect(fixture.admitted).toEqual([first, second, other, third]);
      await apply(services, [], { removed: ['a'] });
      expect([...(await services.limits.all()).keys()]).not.toContain('job:a');
    });

    it('lets all go when it is taken away', async () => {
      await apply(services, [define('a', { concurrency: { max_running: 1 } })]);
      const ids = [await trigger(services, 'a'), await trigger(services, 'a'), await trigger(services, 'a')];
      expect(fixture.admitted).toEqual(ids.slice(0, 1));
      await apply(services, [define('a')]);
      expect(fixture.admitted).toEqual(ids);
    });
  });

  describe('enforcement_mode REJECT', () => {
    const every = (seconds: number) => ({
      schedule: { schedule_type: 'INTERVAL', interval_seconds: seconds, tolerance_seconds: 300 } as const,
    });

    beforeEach(() =>
      services.limits.change({ limits: new Map([['global', 1]]), enforcement_mode: 'REJECT' }),
    );

    it('refuses a request while the global limit is full, and nothing is left of it', async () => {
      await apply(services, [define('a')]);
      const first = await trigger(services, 'a');
      expect(await triggerJob(services, { job_id: 'a', actor: 'test' })).toEqual({
        ok: false,
        refusal: 'CONCURRENCY_LIMIT',
      });
      expect(await executionsOf(services, 'a')).toHaveLength(1);
      await succeed(first);
      expect(await triggerJob(services, { job_id: 'a', actor: 'test' })).toMatchObject({ ok: true });
    });

    it('queues what is refused for no other limit', async () => {
      await services.limits.change({
        limits: new Map([['global', 5]]),
        pools: [{ name: 'default', pool_concurrency_limit: 1 }],
      });
      await apply(services, [define('a')]);
      await trigger(services, 'a');
      expect(await statusOf(await trigger(services, 'a'))).toBe('QUEUED');
    });

    it('settles a fire time as REJECTED at once', async () => {
      await apply(services, [define('filler'), define('a', every(600))]);
      await trigger(services, 'filler');
      await fixture.setClockOffset(660_000);
      await fireSchedules(services);
      const ticks = await listTicks(services, 'a.schedule', { limit: 10 });
      expect(ticks?.items).toMatchObject([{ outcome: 'REJECTED', reason: 'RES_007_CONCURRENCY_LIMIT' }]);
    });

    it('refuses neither dependents nor retries, nor what waits for its upstreams', async () => {
      const retry_policy = { max_attempts: 2, initial_delay_seconds: 1, jitter_factor: 0 };
      const gated = {
        after: ['up'],
        schedule: { schedule_type: 'CRON', cron_expression: '@yearly' },
      } as const;
      await apply(services, [
        define('up', { retry_policy }),
        define('after', { after: ['up'] }),
        define('gated', gated),
        define('filler'),
      ]);
      const up = await trigger(services, 'up');
      expect(await triggerJob(services, { job_id: 'gated', actor: 'test' })).toMatchObject({ ok: true });
      await run(services, up, () => failWith('EXEC_005_TIMEOUT'));
      const filler = await trigger(services, 'filler');
      await fixture.setClockOffset(2000);
      await promoteRetries(services);
      const retried = (await recordOf(services, up)).retried_by ?? '';
      expect(await statusOf(retried)).toBe('QUEUED');
      await succeed(filler);
      await succeed(retried);
      const [after] = await executionsOf(services, 'after');
      expect(after?.status).toBe('QUEUED');
    });

    it('holds an event where it may be held, and refuses it where not', async () => {
      await apply(services, [define('filler'), define('a', { triggers: [triggerOf()] })]);
      const filler = await trigger(services, 'filler');
      const send = (id: string, when_full: 'HOLD' | 'REFUSE') => accept(services, eventOf(id), { when_full });
      expect(await send('1', 'REFUSE')).toMatchObject({ ok: false, refusal: 'CONCURRENCY_LIMIT' });
      expect(await send('2', 'HOLD')).toMatchObject({ ok: true, deliveries: [{ state: 'HELD' }] });
      await succeed(filler);
      expect(await send('1', 'REFUSE')).toMatchObject({ ok: true });
    });
  });

  it('skips what is queued in every lane of a job when its window closes', async () => {
    const midnight = Math.floor(Date.now() / 86_400_000) * 86_400_000 + 86_400_000;
    const at = (hours: number) => fixture.setClockOffset(midnight + hours * HOUR_MS - Date.now());
    await at(12);
    const windowed = (cpu_cores: number, priority_boost_on_age = true) =>
      define('a', {
        execution_windows: [{ start: '06:00', end: '22:00', days: [...DAYS] }],
        skip_outside_window: true,
        resources: { cpu_cores, priority_boost_on_age },
      });
    await services.limits.change({ limits: new Map([['type:INGESTION', 0]]) });
    const ids: string[] = [];
    for (const definition of [windowed(0), windowed(1), windowed(2), windowed(2, false)]) {
      await apply(services, [definition]);
      ids.push(await trigger(services, 'a'));
    }
    await fixture.registerExecutor('executor', 86_400_000);
    await at(22.5);
    await openWindows(services);
    for (const id of ids) expect([id, await statusOf(id)]).toEqual([id, 'CANCELLED']);
  });

  describe('an executor without room', () => {
    beforeEach(async () => {
      await services.leases.register({
        executor_id: 'executor',
        lease_ms: 86_400_000,
        places: 10,
        resources: { cpu_cores: 1 },
        information: {},
      });
      await services.leases.register({
        executor_id: 'large',
        lease_ms: 86_400_000,
        places: 10,
        resources: { cpu_cores: 4 },
        information: {},
      });
      await apply(services, [define('a', { resources: { cpu_cores: 2 } })]);
    });

    it('gives the delivery back, and one that has it runs it', async () => {
      const id = await trigger(services, 'a');
      expect(await succeed(id)).toMatchObject({ kind: 'declined', refusal: 'NO_ROOM' });
      const [delivery] = await services.claims.deliveries([id]);
      expect(delivery).toEqual({ execution_id: id, delivery: 1 });
      expect(await services.delivery.isWaiting({ execution_id: id, delivery: 1 })).toBe(true);
      const outcome = await runAttempt(
        executorContext(services, 'large', () => succeedWith()),
        id,
      );
      expect(outcome).toMatchObject({ kind: 'recorded', status: 'COMPLETED' });
    });
  });

  it('says what is unplaceable, who holds what, and what waits', async () => {
    await services.leases.register({
      executor_id: 'executor',
      lease_ms: 86_400_000,
      places: 10,
      resources: { cpu_cores: 2 },
      information: {},
    });
    const resources = (cpu_cores: number) => ({ resources: { cpu_cores, resource_pool: 'narrow' } });
    await services.limits.change({ pools: [{ name: 'narrow', cpu_cores: 8 }] });
    await apply(services, [define('fits', resources(2)), define('large', resources(4))]);
    const [running, waiting] = [await trigger(services, 'fits'), await trigger(services, 'fits')];
    await trigger(services, 'large');
    expect(await viewPool(services, 'narrow')).toMatchObject({
      held: 1,
      reserved: { cpu_cores: 2, memory_mb: 0 },
      waiting: 2,
      executors: ['executor'],
      holders: [running],
      queue: expect.arrayContaining([
        expect.objectContaining({
          job_id: 'fits',
          execution_id: waiting,
          parked_on: 'room',
          is_unplaceable: false,
        }),
        expect.objectContaining({ job_id: 'large', parked_on: 'room', is_unplaceable: true }),
      ]),
    });
    expect(await removePool(services, 'narrow')).toMatchObject({ ok: false, refusal: 'IN_USE' });
    await apply(services, [], { removed: ['fits', 'large'] });
    expect(await removePool(services, 'narrow')).toEqual({ ok: true });
    expect(await removePool(services, 'narrow')).toMatchObject({ ok: false, refusal: 'UNKNOWN_POOL' });
  });
});
