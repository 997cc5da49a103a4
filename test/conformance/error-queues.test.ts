import type { ErrorQueueName } from '@phi/core';
import {
  fireSchedules,
  getError,
  listErrors,
  purgeErrors,
  reportDependencyErrors,
  reportExecutionErrors,
  reportSchedulingError,
  retryError,
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
  registerUnchecked,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { closeSound } from './testing/expect-sound.js';

const PERMANENT = 'EXEC_005_INVALID_CONFIG';

describe('the error queues (Queue Operations)', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('error-queues');
    services = fixture.services;
    await fixture.registerExecutor('executor');
  });
  afterEach(() => closeSound(fixture));

  const entriesOf = async (queue: ErrorQueueName, filter: object = {}) =>
    (await listErrors(services, queue, { limit: 100, ...filter })).items;
  const idsOf = async (queue: ErrorQueueName, filter: object = {}): Promise<string[]> =>
    (await entriesOf(queue, filter)).map(({ id }) => id);
  const retry = (queue: ErrorQueueName, id: string, by = services) =>
    retryError(by, { queue, id, actor: 'ada' });

  async function fail(job: string): Promise<string> {
    const id = await trigger(services, job);
    await fixture.runNext(() => failWith(PERMANENT));
    await reportExecutionErrors(services);
    return id;
  }

  it.each(['phi_execution_errors', 'phi_dead_letter'] as const)(
    'of %s an execution is run again, once, and is no entry any more',
    async (queue) => {
      await apply(services, [define('a'), define('b')]);
      const [id, other] = [await fail('a'), await fail('b')];
      expect((await idsOf(queue)).toSorted()).toEqual([id, other].toSorted());
      expect(await idsOf(queue, { job_id: 'a', error_code: PERMANENT })).toEqual([id]);
      expect(await idsOf(queue, { to_ms: 1000 })).toEqual([]);
      expect(await getError(services, queue, id)).toMatchObject({ error: { execution_id: id } });
      const another = fixture.anotherProcess();
      const answers = await Promise.all([services, another, services].map((by) => retry(queue, id, by)));
      for (const answer of [...answers, await retry(queue, id)])
        expect(answer).toMatchObject({ ok: true, outcome: 'RETRIED', run_id: id });
      const all = (await executionsOf(services, 'a')).map(({ execution_id }) => execution_id);
      expect(all).toHaveLength(2);
      const started = all.find((one) => one !== id);
      for (const answer of answers) expect(answer).toMatchObject({ execution_id: started });
      expect(await idsOf(queue)).toEqual([other]);
      expect(await retry(queue, 'nothing')).toMatchObject({ ok: false, refusal: 'UNKNOWN_EXECUTION' });
    },
  );

  it('of phi_dependency_errors the skipped execution is run', async () => {
    await apply(services, [define('b', { after: ['gone'] })]);
    const id = await trigger(services, 'b');
    await reportDependencyErrors(services);
    const [entry] = await entriesOf('phi_dependency_errors');
    expect(entry?.error).toMatchObject({ job_id: 'b', execution_id: id });
    const answer = await retry('phi_dependency_errors', entry?.id ?? '');
    expect(answer).toMatchObject({ ok: true, outcome: 'RETRIED', run_id: id });
    expect(await recordOf(services, fixture.admitted[0] ?? '')).toMatchObject({ job_id: 'b', pass: 2 });
    expect(await idsOf('phi_dependency_errors')).toEqual([]);
    expect(await retry('phi_dependency_errors', entry?.id ?? '')).toEqual({
      ok: false,
      refusal: 'UNKNOWN_ENTRY',
    });
  });

  it('of phi_dependency_errors a refused cycle has to be corrected', async () => {
    const result = await apply(services, [define('a', { after: ['b'] }), define('b', { after: ['a'] })]);
    expect(result.ok).toBe(false);
    const [entry] = await entriesOf('phi_dependency_errors');
    const answer = await retry('phi_dependency_errors', entry?.id ?? '');
    expect(answer).toMatchObject({ ok: false, refusal: 'STILL_WRONG' });
    expect(await idsOf('phi_dependency_errors')).toEqual([entry?.id]);
  });

  it('of phi_scheduling_errors a schedule is evaluated again', async () => {
    const schedule_id = 'a.schedule';
    const schedule = { schedule_id, schedule_type: 'CRON', cron_expression: '* * * * *' } as const;
    const job = define('a', { schedule: { ...schedule, timezone: 'UTC' } });
    const now = await services.schedules.now();
    const broken = { ...job, schedule: { ...job.schedule, timezone: 'Europe/Atlantis' } } as typeof job;
    await registerUnchecked(services, broken, {
      schedule: { schedule_id, digest: 'd', from_ms: now - 1, next_ms: now },
    });
    await fixture.setClockOffset(1000);
    await fireSchedules(services);
    const [entry] = await entriesOf('phi_scheduling_errors');
    expect(entry?.error).toMatchObject({ job_id: 'a', schedule_id });
    const id = entry?.id ?? '';
    expect(await retry('phi_scheduling_errors', id)).toMatchObject({ refusal: 'STILL_WRONG' });
    expect(await idsOf('phi_scheduling_errors')).toEqual([id]);
    await apply(services, [job]);
    expect(await retry('phi_scheduling_errors', id)).toEqual({ ok: true, outcome: 'RESOLVED' });
    expect(await idsOf('phi_scheduling_errors')).toEqual([]);
  });

  it('of phi_scheduling_errors a schedule that can be evaluated again is put in force', async () => {
    const schedule_id = 'a.schedule';
    await apply(services, [
      define('a', { schedule: { schedule_id, schedule_type: 'CRON', cron_expression: '* * * * *' } }),
    ]);
    const { rev = 0 } = (await services.schedules.get(schedule_id)) ?? {};
    await services.schedules.markInvalid(schedule_id, rev, 'SCHED_002_INVALID_TIMEZONE: as it was');
    await reportSchedulingError(services, {
      job_id: 'a',
      schedule_id,
      error_code: 'SCHED_002_INVALID_TIMEZONE',
      error_message: 'as it was',
      schedule_config: '{}',
      detection_time: '2026-03-08T07:00:00.000Z',
    });
    const [id = ''] = await idsOf('phi_scheduling_errors');
    const answers = await Promise.all(
      [services, fixture.anotherProcess()].map((by) => retry('phi_scheduling_errors', id, by)),
    );
    expect(answers).toContainEqual({ ok: true, outcome: 'RESOLVED' });
    expect(await services.schedules.get(schedule_id)).toMatchObject({ in_force: true });
    expect((await services.schedules.get(schedule_id))?.invalid).toBeUndefined();
    expect(await idsOf('phi_scheduling_errors')).toEqual([]);
  });

  it('of phi_scheduling_errors a trigger is right once it is another', async () => {
    const triggers = [{ trigger_id: 't', trigger_type: 'API_CALL', source: 'shop' } as const];
    await apply(services, [define('a', { triggers })]);
    const { jobs } = await services.catalog.current();
    const [registered] = jobs.get('a')?.definition.triggers ?? [];
    await reportSchedulingError(services, {
      job_id: 'a',
      schedule_id: 't',
      error_code: 'SCHED_004_INVALID_TRIGGER',
      error_message: 'trigger t cannot take an event',
      schedule_config: JSON.stringify(registered),
      detection_time: '2026-03-08T07:00:00.000Z',
    });
    const [id = ''] = await idsOf('phi_scheduling_errors');
    expect(await retry('phi_scheduling_errors', id)).toMatchObject({ refusal: 'STILL_WRONG' });
    await apply(services, [
      define('a', { triggers: [{ trigger_id: 't', trigger_type: 'API_CALL', source: 'stock' }] }),
    ]);
    expect(await retry('phi_scheduling_errors', id)).toEqual({ ok: true, outcome: 'RESOLVED' });
  });

  it.each(['phi_execution_errors', 'phi_dead_letter'] as const)('purges entries of %s', async (queue) => {
    await apply(services, [define('a')]);
    const [one, two] = [await fail('a'), await fail('a')];
    expect(await purgeErrors(services, queue, [one, one, 'nothing'])).toEqual([one]);
    expect(await idsOf(queue)).toEqual([two]);
    expect(await services.deadLetters.has(one)).toBe(queue !== 'phi_dead_letter');
    expect(await recordOf(services, one)).toMatchObject({ status: 'FAILED' });
  });
});
