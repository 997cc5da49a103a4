import { scheduledExecutionId, WEEKDAYS, type TickOutcome } from '@phi/core';
import { fireSchedules, listTicks, type FireReport, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  openEngine,
  registerUnchecked,
  type EngineFixture,
} from './testing/engine-fixture.js';

const every = (interval_seconds: number, tolerance_seconds = 86_400) =>
  ({ schedule_type: 'INTERVAL', interval_seconds, tolerance_seconds }) as const;

const counted = ({ settled }: FireReport, ...outcomes: readonly TickOutcome[]): number =>
  outcomes.reduce((sum, outcome) => sum + (settled.get(outcome) ?? 0), 0);
const fired = (report: FireReport): number => counted(report, 'FIRED', 'LATE');

const NOTHING: FireReport = { settled: new Map(), invalid: [] };

describe('fireSchedules', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(() => {
    fixture = openEngine('fire');
    services = fixture.services;
  });
  afterEach(() => fixture.close());

  const ledgerOf = async (job: string) =>
    (await listTicks(services, `${job}.schedule`, { limit: 1000 }))?.items ?? [];
  const scheduleOf = (job: string) => services.schedules.get(`${job}.schedule`);

  /** The fire times that a job was started for, in order. */
  const timesOf = async (job: string): Promise<number[]> =>
    (await executionsOf(services, job)).map(({ scheduled_time }) => scheduled_time).sort((a, b) => a - b);

  async function firstOf(job: string): Promise<number> {
    const next = (await scheduleOf(job))?.next_ms;
    if (next === undefined) throw new Error(`${job} is not scheduled`);
    return next;
  }

  it('marks one invalid whose execution windows cannot be evaluated, and fires the others', async () => {
    await apply(services, [define('b', { schedule: every(600) })]);
    const now = await services.schedules.now();
    const execution_windows = [{ start: '06:00', end: '22:00', days: [...WEEKDAYS] }];
    await registerUnchecked(
      services,
      define('a', {
        schedule: every(600),
        execution_windows,
        execution_window_timezone: 'Europe/Atlantis',
      }),
      { schedule: { schedule_id: 'a.schedule', digest: 'd', from_ms: now, next_ms: now + 1000 } },
    );
    await fixture.setClockOffset(605_000);
    const report = await fireSchedules(services);
    expect(report.invalid).toEqual(['a.schedule']);
    expect(await executionsOf(services, 'b')).toHaveLength(1);
  });

  it('fires nothing before its time, and says how long that is', async () => {
    await apply(services, [define('a', { schedule: every(3600) })]);
    const report = await fireSchedules(services);
    expect(report.settled.size).toBe(0);
    expect(report.next_in_ms).toBeGreaterThan(3_500_000);
    expect(report.next_in_ms).toBeLessThanOrEqual(3_600_000);
    expect(await executionsOf(services, 'a')).toEqual([]);
  });

  it('fires nothing before its time either where another moved a schedule on while it was looked at', async () => {
    await apply(services, [define('a', { schedule: every(60) })]);
    const moved = {
      schedule_id: 'a.schedule',
      job_id: 'a',
      nominal_ms: await firstOf('a'),
      rev: 1,
      pauses: [],
    };
    const schedules = Object.assign(Object.create(services.schedules) as typeof services.schedules, {
      due: () => Promise.resolve([moved]),
    });
    expect((await fireSchedules({ ...services, schedules })).settled.size).toBe(0);
    expect(await executionsOf(services, 'a')).toEqual([]);
  });

  it('has nothing to wait for where nothing is scheduled', async () => {
    expect(await fireSchedules(services)).toEqual(NOTHING);
  });

  it('fires each nominal time once, however many schedulers find it due', async () => {
    const jobs = ['a', 'b', 'c'];
    await apply(
      services,
      jobs.map((job) => define(job, { schedule: every(10) })),
    );
    const firsts = await Promise.all(jobs.map(firstOf));
    await fixture.setClockOffset(125_000);
    const schedulers = [
      services,
      fixture.anotherProcess(),
      fixture.anotherProcess(),
      fixture.anotherProcess(),
    ];
    const reports = await Promise.all(schedulers.map(fireSchedules));
    const now = await services.schedules.now();
    let started = 0;
    for (const [index, job] of jobs.entries()) {
      const first = firsts[index] ?? 0;
      const nominal = Array.from(
        { length: Math.floor((now - first) / 10_000) + 1 },
        (_, n) => first + n * 10_000,
      );
      // The last of them may have come due since the round looked.
      const times = await timesOf(job);
      expect(times.length).toBeGreaterThanOrEqual(12);
      expect(times).toEqual(nominal.slice(0, times.length));
      const ledger = await ledgerOf(job);
      expect(ledger.map(({ nominal_ms }) => nominal_ms).reverse()).toEqual(times);
      expect(await firstOf(job)).toBe((times.at(-1) ?? 0) + 10_000);
      started += times.length;
    }
    expect(reports.reduce((sum, report) => sum + fired(report), 0)).toBe(started);
  });

  it('enters for each fire time the outcome that its lateness has, and starts only what is within tolerance', async () => {
    await apply(services, [define('a', { schedule: every(10, 25) })]);
    const first = await firstOf('a');
    await fixture.setClockOffset(100_500);
    const before = await services.schedules.now();
    const report = await fireSchedules(services);
    const after = await services.schedules.now();
    const ledger = [...(await ledgerOf('a'))].reverse();
    const expected = (nominal: number, now: number): TickOutcome => {
      if (now - nominal < 1000) return 'FIRED';
      return now - nominal <= 25_000 ? 'LATE' : 'MISSED';
    };
    expect(ledger.map(({ nominal_ms }) => nominal_ms)).toEqual(ledger.map((_, n) => first + n * 10_000));
    for (const { nominal_ms, outcome } of ledger)
      expect([before, after].map((now) => expected(nominal_ms, now))).toContain(outcome);
    const missed = ledger.filter(({ outcome }) => outcome === 'MISSED');
    expect(counted(report, 'MISSED')).toBe(missed.length);
    expect(fired(report)).toBe(ledger.length - missed.length);
    expect(missed.length).toBeGreaterThan(5);
    for (const entry of missed) expect(entry.execution_id).toBeUndefined();
    const started = (await executionsOf(services, 'a')).map(({ execution_id }) => execution_id);
    expect(started.sort()).toEqual(ledger.flatMap(({ execution_id }) => execution_id ?? []).sort());
  });

  it('fires by the wall clock of a cron expression with seconds', async () => {
    const schedule = {
      schedule_type: 'CRON',
      cron_expression: '*/20 * * * * *',
      tolerance_seconds: 3600,
    } as const;
    await apply(services, [define('a', { schedule })]);
    const first = await firstOf('a');
    await fixture.setClockOffset(60_000);
    await fireSchedules(services);
    const executions = await executionsOf(services, 'a');
    expect(executions.length).toBeGreaterThanOrEqual(3);
    expect(await timesOf('a')).toEqual(executions.map((_, n) => first + n * 20_000));
    for (const { scheduled_time, trigger_type, trigger_id } of executions) {
      expect(scheduled_time % 20_000).toBe(0);
      expect({ trigger_type, trigger_id }).toEqual({ trigger_type: 'SCHEDULED', trigger_id: 'a.schedule' });
    }
  });

  it('fires ONCE once: not again, not by another, not when the job is registered again', async () => {
    const run_at = new Date((await services.schedules.now()) + 600_000).toISOString();
    const schedule = { schedule_type: 'ONCE', run_at } as const;
    await apply(services, [define('a', { schedule })]);
    await fixture.setClockOffset(605_000);
    const reports = await Promise.all([services, fixture.anotherProcess()].map(fireSchedules));
    expect(reports.reduce((sum, report) => sum + fired(report), 0)).toBe(1);
    expect(await scheduleOf('a')).toMatchObject({ last_ms: Date.parse(run_at) });
    expect(await services.schedules.nextDue()).toBeUndefined();
    await apply(services, [define('a', { schedule, timeout_seconds: 9 })]);
    await apply(services, [define('a', { schedule: { ...schedule, tolerance_seconds: 3600 } })]);
    await fixture.setClockOffset(1_200_000);
    expect(await fireSchedules(services)).toEqual(NOTHING);
    expect(await executionsOf(services, 'a')).toHaveLength(1);
  });

  it('fires nothing of a job that was disabled or removed', async () => {
    await apply(
      services,
      ['off', 'gone', 'on'].map((job) => define(job, { schedule: every(600) })),
    );
    await apply(services, [define('off', { schedule: every(600), enabled: false })], { removed: ['gone'] });
    await fixture.setClockOffset(900_000);
    expect(fired(await fireSchedules(services))).toBe(1);
    expect(await executionsOf(services, 'off')).toEqual([]);
    expect(await executionsOf(services, 'gone')).toEqual([]);
  });

  it('starts the revision that another process has registered meanwhile', async () => {
    await apply(services, [define('a', { schedule: every(600) })]);
    await services.catalog.current();
    await apply(fixture.anotherProcess(), [define('a', { schedule: every(600), timeout_seconds: 3 })]);
    await fixture.setClockOffset(605_000);
    await fireSchedules(services);
    expect((await executionsOf(services, 'a')).map(({ job_revision }) => job_revision)).toEqual([2]);
  });

  it('loses no fire time and doubles none while the jobs are registered again and again', async () => {
    await apply(services, [define('a', { schedule: every(1) })]);
    const first = await firstOf('a');
    const other = fixture.anotherProcess();
    for (let round = 1; round <= 10; round++) {
      await fixture.setClockOffset(round * 3000);
      await Promise.all([
        fireSchedules(services),
        apply(other, [define('a', { schedule: every(1), timeout_seconds: round })]),
        fireSchedules(other),
      ]);
    }
    const times = await timesOf('a');
    expect(times.length).toBeGreaterThanOrEqual(29);
    expect(times).toEqual(times.map((_, n) => first + n * 1000));
  });

  it('fires the others and comes to an end where a schedule cannot be moved on', async () => {
    await apply(services, [
      define('stuck', { schedule: every(600) }),
      define('sound', { schedule: every(600) }),
    ]);
    const nominal = await firstOf('stuck');
    const id = scheduledExecutionId(fixture.namespace, 'stuck', 'stuck.schedule', nominal);
    // A record of a schema that this build does not know: a list of nothing but the version 99.
    await fixture.redis.set(fixture.key(`x:${id}`), Buffer.from([0x91, 99]));
    await fixture.setClockOffset(900_000);
    expect([...(await fireSchedules(services)).settled]).toEqual([['LATE', 1]]);
    expect(await executionsOf(services, 'sound')).toHaveLength(1);
    expect(await firstOf('stuck')).toBe(nominal);
  });

  it('settles a backlog of any length before a schedule changes', async () => {
    const seconds = 1_100_000;
    await apply(services, [define('a', { schedule: every(1, 0) })]);
    await fixture.setClockOffset(seconds * 1000);
    expect(await apply(services, [define('a', { schedule: every(3600) })])).toMatchObject({ ok: true });
    const ledger = await services.schedules.ledger('a.schedule');
    const counts = ledger.map((entry) => (entry.kind === 'RUN' ? entry.count : 0));
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThanOrEqual(seconds);
    expect(ledger.slice(-2)).toMatchObject([{ kind: 'END' }, { kind: 'BEGIN' }]);
  });

  it('takes more schedules than one round looks at', async () => {
    const jobs = Array.from({ length: 620 }, (_, n) => define(`job-${String(n)}`, { schedule: every(3600) }));
    await apply(services, jobs);
    await fixture.setClockOffset(3_600_500);
    expect(fired(await fireSchedules(services))).toBe(620);
    expect((await services.executions.countByStatus()).QUEUED).toBe(620);
  });
});
