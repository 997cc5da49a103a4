import type { AuthoredSchedule } from '@phi/core';
import {
  fireSchedules,
  revalidateSchedule,
  sweepLedgers,
  type Services,
  type SweepPosition,
} from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { apply, define, openEngine, type EngineFixture } from './testing/engine-fixture.js';

const BUDGET = 1_000_000;
const MINUTE_MS = 60_000;
const every = (interval_seconds: number, tolerance_seconds = 0): AuthoredSchedule => ({
  schedule_type: 'INTERVAL',
  interval_seconds,
  tolerance_seconds,
});

describe('sweepLedgers', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(() => {
    fixture = openEngine('sweep', { EXECUTOR_QUEUE_CAPACITY: 1000 });
    services = fixture.services;
  });
  afterEach(() => fixture.close());

  const sweep = (position?: SweepPosition, budget = BUDGET) =>
    sweepLedgers(services, position === undefined ? { budget } : { budget, position });
  const holes = async () => Object.fromEntries(await services.schedules.holes());
  const ledgerKey = (job: string): string => fixture.key(`ticks:${job}.schedule`);

  /** Rewrites a value of one entry of a ledger. */
  async function change(job: string, index: number, field: number, by: number): Promise<void> {
    const script = `local entry = cmsgpack.unpack(redis.call('LINDEX', KEYS[1], ARGV[1]))
      entry[tonumber(ARGV[2])] = entry[tonumber(ARGV[2])] + tonumber(ARGV[3])
      redis.call('LSET', KEYS[1], ARGV[1], cmsgpack.pack(entry))`;
    await fixture.redis.eval(script, 1, ledgerKey(job), index, field, by);
  }

  async function drop(job: string, index: number): Promise<void> {
    await fixture.redis.lset(ledgerKey(job), index, 'dropped');
    await fixture.redis.lrem(ledgerKey(job), 1, 'dropped');
  }

  /** A job of which fire times were MISSED and LATE by turns. */
  async function withHistory(job: string): Promise<void> {
    await apply(services, [define(job, { schedule: every(60, 90) })]);
    for (let hour = 1; hour <= 3; hour++) {
      await fixture.setClockOffset(hour * 3_600_000 + 1500);
      await fireSchedules(services);
    }
  }

  const revOf = async (job: string): Promise<number> =>
    (await services.schedules.get(`${job}.schedule`))?.rev ?? NaN;

  /** Settles fire times a minute apart, each otherwise than the one before it. */
  async function settleByTurns(job: string, count: number): Promise<void> {
    const schedule_id = `${job}.schedule`;
    const rev = await revOf(job);
    const from = (await services.schedules.get(schedule_id))?.next_ms ?? NaN;
    for (let n = 0; n < count; n++) {
      const time = from + n * MINUTE_MS;
      const outcome = n % 2 === 0 ? 'MISSED' : 'SKIPPED_PAUSED';
      const tick = { schedule_id, first_ms: time, last_ms: time, count: 1, next_ms: time + MINUTE_MS, rev };
      expect(await services.schedules.settle({ ...tick, outcome })).toBe('SETTLED');
    }
  }

  it('finds nothing where every fire time is settled', async () => {
    await withHistory('a');
    expect(await sweep()).toMatchObject({ visited: 1, found: new Map(), gone: [] });
    expect(await holes()).toEqual({});
    expect(await services.schedules.ledger('a.schedule')).toHaveLength(7);
  });

  const faults: readonly [string, (job: string) => Promise<unknown>, RegExp][] = [
    ['an entry dropped', (job) => drop(job, 3), /^\S+Z has no outcome: the ledger goes on with \S+Z \(/],
    ['the beginning dropped', (job) => drop(job, 0), /no configuration was in force/],
    ['the last entry dropped', (job) => drop(job, -1), /^the last outcome in the ledger is of \S+Z, and/],
    ['a count changed', (job) => change(job, 3, 4, 1), /the ledger counts \d+ fire times \(\w+\), and there/],
    ['an end moved', (job) => change(job, 3, 3, -MINUTE_MS), /and there/],
    [
      'next moved ahead by two fire times',
      (job) => fixture.redis.hincrby(fixture.key(`schedule:${job}.schedule`), 'next', 2 * MINUTE_MS),
      /^\S+Z has no outcome: the schedule stands at \S+Z$/,
    ],
    [
      'taken off due',
      (job) => fixture.redis.zrem(fixture.key('due'), `${job}.schedule`),
      /^it fires next at \S+Z, and no scheduler will look at it/,
    ],
    [
      'an entry that cannot be read',
      (job) => fixture.redis.lset(ledgerKey(job), 2, Buffer.from([0xc1])),
      /cannot be read/,
    ],
  ];

  it.each(faults)('finds %s, keeps to it, and lets it go when it is mended', async (_, plant, sentence) => {
    await withHistory('a');
    await apply(services, [define('sound', { schedule: every(60) })]);
    const keys = [ledgerKey('a'), fixture.key('schedule:a.schedule'), fixture.key('due')];
    const sound = await Promise.all(keys.map((key) => fixture.redis.dumpBuffer(key)));
    await plant('a');
    const first = await sweep();
    expect([...first.found.keys()]).toEqual(['a.schedule']);
    expect(first.found.get('a.schedule')).toMatch(sentence);
    expect(await holes()).toEqual(Object.fromEntries(first.found));
    expect(await sweep()).toMatchObject({ found: new Map(), gone: [] });
    expect(Object.keys(await holes())).toEqual(['a.schedule']);
    for (const [index, key] of keys.entries())
      await fixture.redis.restore(key, 0, sound[index] ?? '', 'REPLACE');
    expect(await sweep()).toMatchObject({ found: new Map(), gone: ['a.schedule'] });
    expect(await holes()).toEqual({});
  });

  it('finds what goes wrong after it has looked', async () => {
    await withHistory('a');
    await sweep();
    await change('a', -1, 4, 1);
    expect([...(await sweep()).found.keys()]).toEqual(['a.schedule']);
    await change('a', -1, 4, -1);
    expect((await sweep()).gone).toEqual(['a.schedule']);
    await drop('a', -2);
    await drop('a', -1);
    expect([...(await sweep()).found.keys()]).toEqual(['a.schedule']);
  });

  it('forgets the hole of a schedule that is gone from Redis', async () => {
    await services.schedules.recordSweep('nowhere', undefined, 'a hole');
    expect(await sweep()).toMatchObject({ gone: ['nowhere'] });
    expect(await holes()).toEqual({});
  });

  it('still verifies what a schedule settled before its job was removed', async () => {
    await withHistory('a');
    await apply(services, [], { removed: ['a'] });
    await change('a', 3, 4, 1);
    expect([...(await sweep()).found.keys()]).toEqual(['a.schedule']);
  });

  it('adds up after an invalid schedule was put in force again', async () => {
    await withHistory('a');
    await services.schedules.markInvalid('a.schedule', await revOf('a'), 'SCHED_006_EVALUATION_FAILED: x');
    expect((await sweep()).found.size).toBe(0);
    await fixture.setClockOffset(4 * 3_600_000);
    const state = await services.schedules.get('a.schedule');
    if (state === undefined) throw new Error('there is no schedule');
    expect(await revalidateSchedule(services, 'a.schedule', state)).toBe(true);
    expect((await sweep()).found.size).toBe(0);
    await fixture.setClockOffset(5 * 3_600_000);
    await fireSchedules(services);
    expect((await sweep()).found.size).toBe(0);
  });

  it('goes on where it was in a ledger whose oldest entries are gone, or where it can', async () => {
    await apply(services, [define('a', { schedule: every(60) })]);
    await settleByTurns('a', 600);
    await sweep();
    await settleByTurns('a', 600);
    expect(await services.schedules.ledger('a.schedule')).toHaveLength(1000);
    expect((await sweep()).found.size).toBe(0);
    await settleByTurns('a', 1200);
    expect((await sweep()).found.size).toBe(0);
    await drop('a', 500);
    await services.schedules.recordSweep('a.schedule', undefined, undefined);
    expect((await sweep()).found.size).toBe(1);
  });

  it('does not take for a hole what is due and not settled yet', async () => {
    await apply(services, [define('a', { schedule: every(1) })]);
    await fixture.setClockOffset(3_600_000);
    expect((await sweep()).found.size).toBe(0);
  });

  it('verifies each fire time once, a slice at a time, and every schedule in its turn', async () => {
    const jobs = Array.from({ length: 250 }, (_, n) => `job-${String(n)}`);
    await apply(services, [
      ...jobs.map((job) => define(job, { schedule: every(3600) })),
      define('long', { schedule: every(1) }),
    ]);
    await fixture.setClockOffset(4_000_000);
    await fireSchedules(services);
    await Promise.all(['long', 'job-7', 'job-200'].map((job) => change(job, -1, 4, 1)));
    const found = new Set<string>();
    let slices = 0;
    let position: SweepPosition | undefined;
    do {
      const report = await sweep(position, 500);
      for (const schedule of report.found.keys()) found.add(schedule);
      position = report.position;
      slices += 1;
    } while (position !== undefined);
    expect([...found].sort()).toEqual(['job-200.schedule', 'job-7.schedule', 'long.schedule']);
    expect(slices).toBeGreaterThan(10);
  });

  it('finds nothing while schedulers settle what it reads', async () => {
    await apply(services, [define('a', { schedule: every(1) }), define('b', { schedule: every(1, 5) })]);
    const other = fixture.anotherProcess();
    for (let round = 1; round <= 15; round++) {
      await fixture.setClockOffset(round * 20_000);
      const [, , report, another] = await Promise.all([
        fireSchedules(services),
        fireSchedules(other),
        sweep(),
        sweepLedgers(other, { budget: 30 }),
      ]);
      expect([...report.found, ...another.found]).toEqual([]);
    }
  });
});
