import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Amounts, AmountsRequest } from '@phi/core';
import fc from 'fast-check';

import {
  createRoot,
  openFixture,
  planJob,
  planOf,
  runToEnd,
  type StoreFixture,
} from './testing/store-fixture.js';

const PASSED_FOR_MS = 60_000;

function cores(cpu: number): AmountsRequest {
  return [cpu * 1000, 0, 0, 0];
}

/** The large one stands behind the small ones whenever both fit. */
const jobs = [
  planJob('large', [], { request: cores(4), priority: -1000 }),
  planJob('larger', [], { request: cores(4), priority: -1000, resource_pool: 'other' }),
  planJob('small', [], { request: cores(1) }),
  planJob('nothing'),
];

describe('a head that smaller ones pass', () => {
  let fixture: StoreFixture;
  let clockMs: number;

  beforeEach(async () => {
    fixture = openFixture('starvation');
    clockMs = 0;
    for (const job of jobs) await fixture.stores.executions.savePlan(planOf(`plan-${job.job_id}`, [job]));
  });
  afterEach(() => fixture.close());

  const create = (job: string): Promise<string> => createRoot(fixture, `plan-${job}`, job);
  const end = (id: string): Promise<string> => runToEnd(fixture, 'only', id);
  const register = (executor_id: string, resources: Partial<Amounts>): Promise<void> =>
    fixture.stores.leases.register({
      executor_id,
      lease_ms: 86_400_000,
      places: 50,
      resources,
      information: {},
    });
  const pass = (ms: number): Promise<void> => fixture.setClockOffset((clockMs += ms));
  const cancel = (execution_id: string) =>
    fixture.stores.executions.transition({ event: 'CANCEL', execution_id, actor: 'test' });

  /** Four small ones that take all there is, and a large one behind them. */
  async function fill(): Promise<{ small: string[]; large: string }> {
    const small: string[] = [];
    for (let n = 0; n < 4; n++) small.push(await create('small'));
    const large = await create('large');
    expect(fixture.admitted).toEqual(small);
    return { small, large };
  }

  const scarcities: [string, () => Promise<void>][] = [
    [
      "a pool's capacity",
      async () => {
        await register('only', {});
        await fixture.stores.limits.change({ pools: [{ name: 'default', cpu_cores: 4 }] });
      },
    ],
    ['an executor', () => register('only', { cpu_cores: 4 })],
  ];

  describe.each(scarcities)('in %s', (_name, arrange) => {
    beforeEach(arrange);

    it('is passed for 60 s, and then its room is reserved', async () => {
      const { small, large } = await fill();
      await pass(PASSED_FOR_MS / 2);
      await end(small[0] ?? '');
      const passing = await create('small');
      expect(fixture.admitted).toContain(passing);
      await pass(PASSED_FOR_MS / 2 + 1);
      for (const id of small.slice(1)) await end(id);
      const late = await create('small');
      const free = await create('nothing');
      expect(fixture.admitted).not.toContain(late);
      expect(fixture.admitted).toContain(free);
      await end(passing);
      expect(fixture.admitted).toContain(large);
      await end(large);
      expect(fixture.admitted).toContain(late);
    });

    it('keeps nothing reserved once it is cancelled', async () => {
      const { small, large } = await fill();
      await pass(PASSED_FOR_MS + 1);
      await end(small[0] ?? '');
      const waiting = await create('small');
      expect(fixture.admitted).not.toContain(waiting);
      await cancel(large);
      expect(fixture.admitted).toContain(waiting);
    });

    it('keeps nothing reserved while it could not start anyway', async () => {
      const { small } = await fill();
      await pass(PASSED_FOR_MS + 1);
      await end(small[0] ?? '');
      const waiting = await create('small');
      await fixture.stores.limits.change({ pools: [{ name: 'default', cpu_cores: 3 }] });
      expect(fixture.admitted).not.toContain(waiting);
      await end(small[1] ?? '');
      expect(fixture.admitted).toContain(waiting);
    });

    it('starts in time, whatever smaller ones come', async () => {
      const durations = fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 100, maxLength: 100 });
      await fc.assert(
        fc.asyncProperty(durations, async (seconds) => {
          const { small, large } = await fill();
          const ends = new Map(small.map((id) => [id, clockMs + 20_000]));
          const began = clockMs;
          while (!fixture.admitted.includes(large)) {
            // The bound: as long as it may be passed, and then what holds the room.
            expect(clockMs - began).toBeLessThanOrEqual(PASSED_FOR_MS + 21_000);
            await pass(1000);
            for (const [id, at] of ends) {
              if (at > clockMs) continue;
              ends.delete(id);
              await end(id);
            }
            const next = await create('small');
            for (const id of fixture.admitted.splice(0)) {
              if (id !== large) ends.set(id, clockMs + (seconds[ends.size % seconds.length] ?? 1) * 1000);
              else fixture.admitted.push(id);
            }
            if (!ends.has(next)) await cancel(next);
          }
          for (const id of [large, ...ends.keys()]) await end(id);
          fixture.admitted.length = 0;
        }),
        { numRuns: 5 },
      );
    }, 120_000);
  });

  it('closes one executor to the others, the one that could hold it most often', async () => {
    await register('only', { cpu_cores: 8 });
    await register('half', { cpu_cores: 4 });
    const small: string[] = [];
    for (let n = 0; n < 12; n++) small.push(await create('small'));
    await create('large');
    await pass(PASSED_FOR_MS + 1);
    const placements = await fixture.redis.hgetall(fixture.keys.key('placements'));
    const on = (executor: string): string => small.find((id) => placements[id] === executor) ?? '';
    const waiting = [await create('small'), await create('small')];
    await runToEnd(fixture, 'half', on('half'));
    expect(fixture.admitted).toContain(waiting[0]);
    await runToEnd(fixture, 'only', on('only'));
    expect(fixture.admitted).not.toContain(waiting[1]);
  });

  const shut = { from: 0, opens: 1, closes: 2, skip: false };
  const hindrances: [string, () => Promise<unknown>][] = [
    ['its pool is paused', () => fixture.stores.limits.change({ pools: [{ name: 'other', paused: true }] })],
    [
      'the window of its job is closed',
      () => fixture.stores.windows.set(new Map([['larger', shut]]), undefined),
    ],
  ];

  it.each(hindrances)('keeps no executor while %s', async (_why, hinder) => {
    await register('only', { cpu_cores: 4 });
    const small: string[] = [];
    for (let n = 0; n < 4; n++) small.push(await create('small'));
    await create('larger');
    await pass(PASSED_FOR_MS + 1);
    await end(small[0] ?? '');
    const waiting = await create('small');
    expect(fixture.admitted).not.toContain(waiting);
    await hinder();
    expect(fixture.admitted).toContain(waiting);
  });

  it('keeps no executor that has gone', async () => {
    await register('only', { cpu_cores: 4 });
    await register('little', { cpu_cores: 1 });
    await fixture.stores.limits.change({ pools: [{ name: 'default', cpu_cores: 5 }] });
    const { large } = await (async () => {
      for (let n = 0; n < 5; n++) await create('small');
      return { large: await create('large') };
    })();
    await pass(PASSED_FOR_MS + 1);
    for (const id of fixture.admitted.slice())
      await runToEnd(fixture, 'only', id).catch(() => runToEnd(fixture, 'little', id));
    expect(fixture.admitted).toContain(large);
    const again = await create('large');
    await pass(PASSED_FOR_MS + 1);
    await create('small');
    const waiting = await create('small');
    expect(fixture.admitted).not.toContain(waiting);
    await runToEnd(fixture, 'only', large);
    await fixture.stores.leases.leave('only');
    expect((await fixture.stores.executions.get(again))?.status).toBe('QUEUED');
    for (const id of fixture.admitted.slice()) await runToEnd(fixture, 'little', id).catch(() => undefined);
    expect(fixture.admitted).toContain(waiting);
  });

  it('gets what is reserved for one that has waited less', async () => {
    await fixture.stores.limits.change({ pools: [{ name: 'other', cpu_cores: 1 }] });
    await register('little', { cpu_cores: 1 });
    // The first meets its pool, the second the executors; both would take the one that comes.
    const first = await create('larger');
    await pass(1000);
    const second = await create('large');
    await pass(PASSED_FOR_MS + 1);
    await fixture.stores.leases.leave('little');
    await fixture.stores.limits.change({ pools: [{ name: 'other', cpu_cores: null }] });
    await register('only', { cpu_cores: 4 });
    expect(fixture.admitted).toContain(first);
    await end(first);
    expect(fixture.admitted).toContain(second);
  });
});
