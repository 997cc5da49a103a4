import { orchestrationHealthStatusSchema } from '@phi/core';
import { fireSchedules, readHealth, revalidateSchedule, sweepLedgers, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  failWith,
  openEngine,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

const EVERY_MINUTE = { schedule_type: 'INTERVAL', interval_seconds: 60 } as const;

describe('readHealth', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(() => {
    fixture = openEngine('health');
    services = fixture.services;
  });
  afterEach(() => fixture.close());

  it('is the specification’s structure', async () => {
    const health = await readHealth(services);
    expect(orchestrationHealthStatusSchema.parse(health)).toEqual(health);
  });

  it('is UNHEALTHY while nothing can execute, and HEALTHY with an executor', async () => {
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'UNHEALTHY',
      executor_status: expect.stringMatching(/^UNHEALTHY/),
      active_executions: 0,
      queued_jobs: 0,
      error_rate_1h: 0,
      success_rate_24h: 1,
    });
    await fixture.registerExecutor('one', 60_000);
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'HEALTHY',
      executor_status: 'HEALTHY',
    });
  });

  it('is DEGRADED when one executor of two lets its lease run out, and UNHEALTHY when both do', async () => {
    await fixture.registerExecutor('one', 60_000);
    await fixture.registerExecutor('two', 600_000);
    await fixture.setClockOffset(61_000);
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'DEGRADED',
      executor_status: expect.stringContaining('1 of 2'),
    });
    await fixture.setClockOffset(601_000);
    expect(await readHealth(services)).toMatchObject({ overall_status: 'UNHEALTHY' });
  });

  it('is UNHEALTHY when fire times are overdue, unless schedules are switched off', async () => {
    await fixture.registerExecutor('one', 10_000_000);
    await apply(services, [define('a', { schedule: EVERY_MINUTE })]);
    expect(await readHealth(services)).toMatchObject({ scheduler_status: 'HEALTHY' });
    await fixture.setClockOffset(60_000 + 35_000);
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'UNHEALTHY',
      scheduler_status: expect.stringMatching(/^UNHEALTHY.* \d+ s overdue/),
    });
    const off = fixture.anotherProcess({ SCHEDULER_ENABLED: false });
    expect(await readHealth(off)).toMatchObject({ overall_status: 'HEALTHY', scheduler_status: 'DISABLED' });
    await fireSchedules(services);
    expect(await readHealth(services)).toMatchObject({ overall_status: 'HEALTHY' });
  });

  it('is DEGRADED by a hole in a ledger, for as long as it is there', async () => {
    await fixture.registerExecutor('one', 10_000_000);
    await apply(services, [define('a', { schedule: EVERY_MINUTE })]);
    await fixture.setClockOffset(300_000);
    await fireSchedules(services);
    await fixture.redis.hincrby(fixture.key('schedule:a.schedule'), 'next', 120_000);
    await sweepLedgers(services, { budget: 1000 });
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'DEGRADED',
      scheduler_status: expect.stringMatching(
        /^DEGRADED: the ledger of a\.schedule does not add up: \S+Z has no outcome: the schedule stands at \S+Z$/,
      ),
    });
    await fixture.redis.hincrby(fixture.key('schedule:a.schedule'), 'next', -120_000);
    await sweepLedgers(services, { budget: 1000 });
    expect(await readHealth(services)).toMatchObject({ scheduler_status: 'HEALTHY' });
  });

  it('is DEGRADED by schedules that are invalid, until they are mended, withdrawn or removed', async () => {
    await fixture.registerExecutor('one', 10_000_000);
    const jobs = ['a', 'b', 'c', 'd'];
    await apply(
      services,
      jobs.map((job) => define(job, { schedule: EVERY_MINUTE })),
    );
    const mark = (job: string) =>
      services.schedules.markInvalid(`${job}.schedule`, 1, 'SCHED_006_EVALUATION_FAILED: on purpose');
    for (const job of jobs) expect(await mark(job)).toBe('MARKED');
    const status = async () => (await readHealth(services)).scheduler_status;
    expect(await status()).toBe('DEGRADED: 4 schedules are invalid: a.schedule, b.schedule, c.schedule, …');
    const off = fixture.anotherProcess({ SCHEDULER_ENABLED: false });
    expect((await readHealth(off)).scheduler_status).toMatch(/^DEGRADED: 4 schedules are invalid/);
    await apply(services, [define('a', { schedule: { ...EVERY_MINUTE, tolerance_seconds: 5 } })]);
    await apply(services, [define('b', { schedule: EVERY_MINUTE, enabled: false })]);
    await apply(services, [], { removed: ['c'] });
    expect(await status()).toBe('DEGRADED: 1 schedule is invalid: d.schedule');
    const state = await services.schedules.get('d.schedule');
    if (state === undefined) throw new Error('there is no schedule');
    await revalidateSchedule(services, 'd.schedule', state);
    expect(await status()).toBe('HEALTHY');
  });

  it('is DEGRADED while schedules wait for room in the queue, and UNHEALTHY once nobody tries them', async () => {
    const full = fixture.anotherProcess({ EXECUTOR_QUEUE_CAPACITY: 1 });
    await fixture.registerExecutor('one', 10_000_000);
    const schedule = { ...EVERY_MINUTE, tolerance_seconds: 3600 };
    await apply(full, [define('a', { schedule }), define('filler')]);
    await trigger(full, 'filler');
    await fixture.setClockOffset(61_000);
    await fireSchedules(full);
    await fixture.setClockOffset(100_000);
    await fireSchedules(full);
    const held = 'DEGRADED: 1 schedule waits for room in the queue (RES_005_QUEUE_FULL)';
    expect(await readHealth(services)).toMatchObject({ overall_status: 'DEGRADED', scheduler_status: held });
    await fixture.setClockOffset(115_000);
    expect(await readHealth(services)).toMatchObject({ scheduler_status: held });
    await fixture.setClockOffset(135_000);
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'UNHEALTHY',
      scheduler_status: expect.stringMatching(
        /^UNHEALTHY: no scheduler has looked at what is due for \d+ s$/,
      ),
    });
    await fireSchedules(services);
    expect(await readHealth(services)).toMatchObject({ scheduler_status: 'HEALTHY' });
  });

  it('does not take what is held for what is overdue, however many there are', async () => {
    const full = fixture.anotherProcess({ EXECUTOR_QUEUE_CAPACITY: 1 });
    await fixture.registerExecutor('one', 10_000_000);
    const schedule = { ...EVERY_MINUTE, tolerance_seconds: 3600 };
    await apply(full, [define('a', { schedule }), define('b', { schedule }), define('filler')]);
    await trigger(full, 'filler');
    await fixture.setClockOffset(61_000);
    await fireSchedules(full);
    // As if the scheduler had not come to this one again, while it tried others.
    await fixture.redis.zincrby(fixture.key('due'), -40_000, 'a.schedule');
    expect(await readHealth(services)).toMatchObject({
      scheduler_status: expect.stringMatching(/^DEGRADED: 2 schedules wait/),
    });
    await fixture.redis.hdel(fixture.key('schedule:a.schedule'), 'held');
    expect(await readHealth(services)).toMatchObject({
      scheduler_status: expect.stringMatching(/^UNHEALTHY: the earliest fire time is \d+ s overdue/),
    });
  });

  it('is DEGRADED with a cycle in the graph', async () => {
    await fixture.registerExecutor('one');
    const lenient = fixture.anotherProcess({ DEPENDENCY_CYCLE_DETECTION_ENABLED: false });
    await apply(lenient, [define('a', { after: ['b'] }), define('b', { after: ['a'] })]);
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'DEGRADED',
      dependency_resolver_status: expect.stringContaining('cycle'),
    });
  });

  it('counts what runs and waits, and the shares of the last hour and day', async () => {
    await fixture.registerExecutor('executor', 1_000_000_000);
    await apply(services, [define('a', { retry_policy: { max_attempts: 1 } })]);
    const ids = await Promise.all(Array.from({ length: 10 }, () => trigger(services, 'a')));
    for (const id of ids.slice(0, 4)) await run(services, id, () => succeedWith());
    await run(services, ids[4] ?? '', () => failWith('EXEC_005_INVALID_CONFIG'));
    await services.executions.transition({ event: 'CANCEL', execution_id: ids[5] ?? '', actor: 't' });
    for (const event of ['CLAIM', 'SUCCEED'] as const)
      await services.executions.transition({
        event,
        execution_id: ids[6] ?? '',
        nonce: 'n',
        actor: 't',
        ...(event === 'CLAIM' ? { executor_id: 'executor' } : {}),
      });
    const figures = { active_executions: 1, queued_jobs: 3, success_rate_24h: 0.8 };
    expect(await readHealth(services)).toMatchObject({ ...figures, error_rate_1h: 0.2 });
    await fixture.setClockOffset(3_700_000);
    expect(await readHealth(services)).toMatchObject({ ...figures, error_rate_1h: 0 });
    await fixture.setClockOffset(90_000_000);
    expect(await readHealth(services)).toMatchObject({ success_rate_24h: 1 });
  });
});
