import { TICK_OUTCOMES } from '@phi/core';
import {
  fireSchedules,
  listTickRuns,
  listTicks,
  type Services,
  type TickFilter,
  type TickRecord,
  type TickRun,
} from '@phi/engine';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { apply, define, openEngine, trigger, type EngineFixture } from './testing/engine-fixture.js';

const SCHEDULE = 'a.schedule';
const MINUTE_MS = 60_000;
const every = (interval_seconds: number) =>
  ({ schedule_type: 'INTERVAL', interval_seconds, tolerance_seconds: 90 }) as const;

describe('listTicks', () => {
  let fixture: EngineFixture;
  let services: Services;
  let all: readonly TickRecord[];

  /** A day of fire times, a change of the schedule and one that is held at last. */
  beforeAll(async () => {
    fixture = openEngine('ticks', { EXECUTOR_QUEUE_CAPACITY: 20 });
    services = fixture.services;
    await apply(services, [define('a', { schedule: every(60) }), define('filler')]);
    const at = async (minutes: number): Promise<void> => {
      await fixture.setClockOffset(minutes * MINUTE_MS + 1500);
      await fireSchedules(services);
    };
    for (let hours = 1; hours <= 3; hours++) await at(hours * 60);
    await services.schedules.pause(SCHEDULE);
    await at(200);
    await apply(services, [define('a', { schedule: every(300) })]);
    await services.schedules.resume(SCHEDULE);
    await at(400);
    for (let n = 0; n < 20; n++) await trigger(services, 'filler').catch(() => undefined);
    await at(405);
    all = (await listTicks(services, SCHEDULE, { limit: 10_000 }))?.items ?? [];
  });
  afterAll(() => fixture.close());

  // Mapped when a property runs: there are no fire times before.
  const instant = fc.nat(400).map((minutes) => (all.at(-1)?.nominal_ms ?? 0) + minutes * MINUTE_MS);
  const filter = (limit: fc.Arbitrary<number>): fc.Arbitrary<TickFilter> =>
    fc.record(
      {
        limit,
        outcome: fc.constantFrom(...TICK_OUTCOMES, 'HELD' as const),
        from_ms: instant,
        until_ms: instant,
      },
      { requiredKeys: ['limit'] },
    );

  const wanted = (asked: TickFilter) => (tick: TickRecord) =>
    (asked.outcome === undefined || tick.outcome === asked.outcome) &&
    tick.nominal_ms >= (asked.from_ms ?? 0) &&
    tick.nominal_ms < (asked.until_ms ?? Infinity);

  it('has every fire time of the history once, the latest first', () => {
    expect(all.length).toBeGreaterThan(240);
    const times = all.map(({ nominal_ms }) => nominal_ms);
    expect(times).toEqual([...new Set(times)].sort((x, y) => y - x));
    expect(all[0]).toMatchObject({ outcome: 'HELD', reason: 'RES_005_QUEUE_FULL' });
    const outcomes = all.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(expect.arrayContaining(['MISSED', 'LATE', 'SKIPPED_PAUSED']));
  });

  it('has what a filter asks for, on however many pages', async () => {
    await fc.assert(
      fc.asyncProperty(filter(fc.integer({ min: 1, max: 70 })), async (asked) => {
        const found: TickRecord[] = [];
        let page = await listTicks(services, SCHEDULE, asked);
        for (; page !== undefined;) {
          expect(page.items.length).toBeLessThanOrEqual(asked.limit);
          found.push(...page.items);
          const { next_before_ms: before_ms } = page;
          if (before_ms === undefined) break;
          expect(page.items).toHaveLength(asked.limit);
          page = await listTicks(services, SCHEDULE, { ...asked, before_ms });
        }
        expect(found).toEqual(all.filter(wanted(asked)));
      }),
      { numRuns: 60 },
    );
  });

  it('has the runs that the same fire times are in, on however many pages', async () => {
    await fc.assert(
      fc.asyncProperty(filter(fc.integer({ min: 1, max: 3 })), async (asked) => {
        const runs: TickRun[] = [];
        let page = await listTickRuns(services, SCHEDULE, asked);
        for (; page !== undefined;) {
          runs.push(...page.items);
          const { next_before_ms: before_ms } = page;
          if (before_ms === undefined) break;
          page = await listTickRuns(services, SCHEDULE, { ...asked, before_ms });
        }
        for (const run of runs) {
          const within = all.filter(
            ({ nominal_ms }) => run.first_ms <= nominal_ms && nominal_ms <= run.last_ms,
          );
          expect(within).toHaveLength(run.count);
          expect(new Set(within.map(({ outcome }) => outcome))).toEqual(new Set([run.outcome]));
        }
        const shown = all.filter(({ nominal_ms }) =>
          runs.some((run) => run.first_ms <= nominal_ms && nominal_ms <= run.last_ms),
        );
        expect(shown).toEqual(expect.arrayContaining(all.filter(wanted(asked))));
      }),
      { numRuns: 60 },
    );
  });

  it('knows the ends of what ran under a configuration that cannot be evaluated here', async () => {
    const [latest] = (await listTickRuns(services, SCHEDULE, { limit: 1, outcome: 'MISSED' }))?.items ?? [];
    const key = fixture.key('job_revisions:a');
    const kept = await fixture.redis.dumpBuffer(key);
    await fixture.redis.del(key);
    const elsewhere = fixture.anotherProcess();
    const ticks = await listTicks(elsewhere, SCHEDULE, { limit: 2, outcome: 'MISSED' });
    await fixture.redis.restore(key, 0, kept);
    expect(ticks?.items.map(({ nominal_ms }) => nominal_ms)).toEqual([latest?.last_ms, latest?.first_ms]);
  });

  it('knows no schedule that never was', async () => {
    expect(await listTicks(services, 'never', { limit: 1 })).toBeUndefined();
    expect(await listTickRuns(services, 'never', { limit: 1 })).toBeUndefined();
  });
});
