import type { Tick } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openFixture, plantFault, type StoreFixture } from './testing/store-fixture.js';

const ID = 's';
const START = 1_900_000_000_000;
const EVERY_MS = 60_000;

/** A schedule that stands at a fire time each minute, on the Lua of a directory. */
async function openSchedule(luaDirectory?: URL): Promise<StoreFixture> {
  const fixture = openFixture('schedules', luaDirectory);
  const { jobs } = fixture.stores;
  const schedule = { schedule_id: ID, digest: 'd', from_ms: START, next_ms: START + EVERY_MS };
  const registration = { job_id: 'j', revision: 1, definition: '{}', author: 'test', time: START };
  const command = { graph_id: 'g', jobs: [{ registration, schedule }], removed: [], ends: {}, flushes: [] };
  expect(await jobs.register(command)).toEqual({ word: 'REGISTERED' });
  return fixture;
}

/** The fire times from where the schedule stands up to the n-th, as one run. */
async function tickTo(fixture: StoreFixture, n: number): Promise<Tick> {
  const state = await fixture.stores.schedules.get(ID);
  const first_ms = state?.next_ms ?? NaN;
  const last_ms = START + n * EVERY_MS;
  return {
    schedule_id: ID,
    first_ms,
    last_ms,
    count: (last_ms - first_ms) / EVERY_MS + 1,
    next_ms: last_ms + EVERY_MS,
    rev: state?.rev ?? NaN,
    outcome: 'MISSED',
  };
}

/** Pauses the schedule and resumes it, at instants of Redis' time. */
async function pauseBetween(fixture: StoreFixture, from: number, until: number): Promise<void> {
  await fixture.setClockOffset(from - Date.now());
  expect(await fixture.stores.schedules.pause(ID)).toBe('CHANGED');
  await fixture.setClockOffset(until - Date.now());
  expect(await fixture.stores.schedules.resume(ID)).toBe('CHANGED');
}

/** What was decided before a pause is refused after it. @returns the answer */
async function settleAcrossPause(fixture: StoreFixture): Promise<string> {
  const tick = await tickTo(fixture, 1);
  await fixture.stores.schedules.pause(ID);
  return fixture.stores.schedules.settle(tick);
}

/** How many pauses are known after a settlement within one, and after one beyond it. */
async function pausesKept(fixture: StoreFixture): Promise<number[]> {
  await pauseBetween(fixture, START + 1.5 * EVERY_MS, START + 4.5 * EVERY_MS);
  const kept: number[] = [];
  for (const n of [2, 4, 5]) {
    expect(await fixture.stores.schedules.settle(await tickTo(fixture, n))).toBe('SETTLED');
    kept.push((await fixture.stores.schedules.get(ID))?.pauses.length ?? NaN);
  }
  return kept;
}

describe('RedisScheduleStore', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = await openSchedule();
  });
  afterEach(() => fixture.close());

  it('refuses what was decided before the schedule was paused', async () => {
    expect(await settleAcrossPause(fixture)).toBe('STALE_TICK');
  });

  it('knows a pause for as long as a fire time within it may be unsettled', async () => {
    expect(await pausesKept(fixture)).toEqual([1, 1, 0]);
  });

  it('settles what it stands at once', async () => {
    const tick = await tickTo(fixture, 3);
    const { schedules } = fixture.stores;
    expect(await Promise.all([schedules.settle(tick), schedules.settle(tick)])).toEqual([
      'SETTLED',
      'STALE_TICK',
    ]);
    expect(await schedules.ledger(ID)).toMatchObject([{ kind: 'BEGIN' }, { kind: 'RUN', count: 3 }]);
  });

  it.each([
    [
      'the configuration is not looked at',
      "and tonumber(at[2] or '0') == t.rev",
      '',
      settleAcrossPause,
      'STALE_TICK',
    ],
    [
      'pauses are forgotten too soon',
      'pause[2] > last_ms then',
      `pause[2] > last_ms + ${String(3 * EVERY_MS)} then`,
      pausesKept,
      [1, 1, 0],
    ],
  ])('catches it when %s', async (_, passage, replacement, witness, expected) => {
    const fault = plantFault('lib/tick.lua', passage, replacement);
    const faulty = await openSchedule(fault.directory);
    try {
      expect(await witness(faulty)).not.toEqual(expected);
    } finally {
      await faulty.close();
      fault.remove();
    }
  });
});
