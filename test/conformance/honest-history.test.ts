import { PhiError, type AuthoredSchedule, type JobDefinition } from '@phi/core';
import {
  fireSchedules,
  invalidateSchedule,
  revalidateSchedule,
  sweepLedgers,
  type Services,
  type SweepPosition,
} from '@phi/engine';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { apply, define, openEngine, trigger, type EngineFixture } from './testing/engine-fixture.js';

const SCHEDULE = 'shared';
const CAPACITY = 12;

const SCHEDULES: readonly AuthoredSchedule[] = [
  { schedule_type: 'INTERVAL', interval_seconds: 20, tolerance_seconds: 30 },
  { schedule_type: 'INTERVAL', interval_seconds: 30, tolerance_seconds: 600, skip_if_running: true },
  { schedule_type: 'INTERVAL', interval_seconds: 90, catchup_enabled: true, max_catchup_runs: 3 },
  { schedule_type: 'INTERVAL', interval_seconds: 3600, start_date: '2026-01-01' },
  { schedule_type: 'CRON', cron_expression: '*/5 * * * *', timezone: 'America/New_York' },
  { schedule_type: 'CRON', cron_expression: '7,30 */2 * * *', tolerance_seconds: 7200 },
  { schedule_type: 'CRON', cron_expression: '0 0 29 2 *' },
];

type Act = (history: HonestHistory) => Promise<unknown>;

/** Something that may happen to a schedule; each shows itself by its name when a history fails. */
const acts: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.integer({ min: 1, max: 900 }).map((s) => named(`pass ${String(s)} s`, (h) => h.pass(s))),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: -7200, max: 86_400 })
      .map((s) => named(`jump ${String(s)} s`, (h) => h.pass(s))),
  },
  {
    weight: 6,
    arbitrary: fc.integer({ min: 1, max: 3 }).map((n) => named(`fire by ${String(n)}`, (h) => h.fire(n))),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(
        fc.constantFrom('a', 'b'),
        fc.nat(SCHEDULES.length - 1),
        fc.boolean(),
        fc.integer({ min: 1, max: 9 }),
      )
      .map(([job, at, enabled, timeout_seconds]) =>
        named(`apply ${job} ${String(at)} ${String(enabled)}`, (h) =>
          h.apply(job, at, { enabled, timeout_seconds }),
        ),
      ),
  },
  { weight: 1, arbitrary: fc.constant(named('remove', (h) => h.remove())) },
  { weight: 1, arbitrary: fc.constant(named('pause', (h) => h.services.schedules.pause(SCHEDULE))) },
  { weight: 1, arbitrary: fc.constant(named('resume', (h) => h.services.schedules.resume(SCHEDULE))) },
  { weight: 2, arbitrary: fc.constant(named('break', (h) => h.breakDown())) },
  { weight: 3, arbitrary: fc.constant(named('mend', (h) => h.mend())) },
  { weight: 1, arbitrary: fc.constant(named('fill', (h) => h.fill())) },
  { weight: 2, arbitrary: fc.constant(named('empty', (h) => h.empty())) },
  {
    weight: 3,
    arbitrary: fc.integer({ min: 1, max: 60 }).map((n) => named(`sweep ${String(n)}`, (h) => h.sweep(n))),
  },
);

function named(name: string, act: Act): Act {
  return Object.assign(act, { [fc.toStringMethod]: () => name });
}

/** A schedule that two jobs may have in turn, and what happens to it. */
class HonestHistory {
  readonly services: Services;
  private readonly others: readonly Services[];
  private offset = 0;
  private position: SweepPosition | undefined;

  constructor(private readonly fixture: EngineFixture) {
    this.services = fixture.services;
    this.others = [this.services, fixture.anotherProcess(), fixture.anotherProcess()];
  }

  async pass(seconds: number): Promise<void> {
    this.offset += seconds * 1000;
    await this.fixture.setClockOffset(this.offset);
  }

  fire(schedulers: number): Promise<unknown> {
    return Promise.all(this.others.slice(0, schedulers).map(fireSchedules));
  }

  async apply(job: string, at: number, more: Partial<JobDefinition>): Promise<void> {
    const schedule = { ...SCHEDULES[at], schedule_id: SCHEDULE } as AuthoredSchedule;
    const definitions = [
      define(job, { ...more, schedule }),
      define(job === 'a' ? 'b' : 'a', { timeout_seconds: more.timeout_seconds }),
    ];
    expect(await apply(this.services, definitions)).toMatchObject({ ok: true });
  }

  async remove(): Promise<void> {
    const { jobs } = await this.services.catalog.current();
    const removed = ['a', 'b'].filter((job) => jobs.has(job));
    expect(await apply(this.services, [], { removed })).toMatchObject({ ok: true });
  }

  async breakDown(): Promise<void> {
    const state = await this.services.schedules.get(SCHEDULE);
    if (state?.next_ms === undefined) return;
    const { job_id, rev, next_ms, pauses } = state;
    const due = { schedule_id: SCHEDULE, job_id, rev, pauses, nominal_ms: next_ms };
    const error = new PhiError('SCHED_006_EVALUATION_FAILED', 'on purpose', { operation: 'test' });
    await invalidateSchedule(this.services, due, error);
  }

  async mend(): Promise<void> {
    const state = await this.services.schedules.get(SCHEDULE);
    if (state?.invalid !== undefined) await revalidateSchedule(this.services, SCHEDULE, state);
  }

  async fill(): Promise<void> {
    await apply(this.services, [define('filler')]);
    const { QUEUED } = await this.services.executions.countByStatus();
    for (let left = CAPACITY - QUEUED; left > 0; left--) await trigger(this.services, 'filler');
  }

  async empty(): Promise<void> {
    const { executions } = this.services;
    const { items } = await executions.list({ limit: 1000 });
    for (const { execution_id } of items)
      await executions.transition({ event: 'CANCEL', execution_id, actor: 'test' });
  }

  async sweep(budget: number): Promise<void> {
    const from = this.position === undefined ? {} : { position: this.position };
    const { found, position } = await sweepLedgers(this.services, { budget, ...from });
    this.position = position;
    expect(Object.fromEntries(found)).toEqual({});
  }

  /** By what was verified on the way, and all over again. */
  async verify(): Promise<void> {
    this.position = undefined;
    await this.sweep(1_000_000);
    await this.services.schedules.recordSweep(SCHEDULE, undefined, undefined);
    await this.sweep(1_000_000);
    expect(this.position).toBeUndefined();
  }
}

describe('the ledger of a schedule', () => {
  const open: EngineFixture[] = [];
  afterEach(() => Promise.all(open.splice(0).map((fixture) => fixture.close())));

  it('has no hole after any honest history', async () => {
    let settled = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(acts, { minLength: 10, maxLength: 40 }), async (history) => {
        const fixture = openEngine('honest', { EXECUTOR_QUEUE_CAPACITY: CAPACITY });
        open.push(fixture);
        const honest = new HonestHistory(fixture);
        await honest.apply('a', 0, {});
        for (const act of history) await act(honest);
        await honest.verify();
        const counts = (await honest.services.schedules.get(SCHEDULE))?.counts ?? {};
        settled += Object.values(counts).reduce((sum, count) => sum + count, 0);
      }),
      { numRuns: 30 },
    );
    expect(settled).toBeGreaterThan(1000);
  }, 120_000);
});
