import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  createRoot,
  openFixture,
  planEdge,
  planJob,
  planOf,
  runToEnd,
  type StoreFixture,
  setLimits,
} from './testing/store-fixture.js';

const POOLS = ['red', 'green', 'blue'] as const;

/** Nine jobs, three in each pool, with rising priorities. */
const jobs = POOLS.flatMap((pool) =>
  [1, 2, 3].map((n) => planJob(`${pool}-${String(n)}`, [], { resource_pool: pool, priority: n * 10 })),
);

describe('admission', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = openFixture('admission');
    for (const job of jobs) await fixture.stores.executions.savePlan(planOf(`plan-${job.job_id}`, [job]));
    await fixture.stores.leases.register({
      executor_id: 'executor',
      lease_ms: 600_000,
      places: 100,
      information: {},
    });
  });
  afterEach(() => fixture.close());

  const create = (job: string): Promise<string> => createRoot(fixture, `plan-${job}`, job);
  const held = async (limit: string): Promise<number> =>
    (await fixture.stores.limits.held([limit])).get(limit) ?? 0;

  it('admits nothing without a live executor, and everything that fits once there is one', async () => {
    await fixture.stores.leases.leave('executor');
    const id = await create('red-1');
    expect(fixture.admitted).toEqual([]);
    await fixture.stores.leases.register({
      executor_id: 'late',
      lease_ms: 60_000,
      places: 1,
      information: {},
    });
    expect(fixture.admitted).toEqual([id]);
  });

  it('does not bring a lease back that was taken back, when its executor changes what it offers', async () => {
    const { leases } = fixture.stores;
    const offer = { executor_id: 'executor', lease_ms: 600_000, places: 0, information: {} };
    await leases.register({ ...offer, again: true });
    expect(await leases.list()).toMatchObject([{ executor_id: 'executor', places: 0 }]);
    await leases.leave('executor');
    await leases.register({ ...offer, again: true });
    expect(await leases.list()).toEqual([]);
    expect(await leases.renew('executor', 600_000, [])).toEqual({ held: false });
  });

  it('goes by priority, and first in first out among equals', async () => {
    await setLimits(fixture, new Map([['global', 1]]));
    const first = await create('red-1');
    const low = await create('green-1');
    const high = [await create('blue-3'), await create('blue-3')];
    expect(fixture.admitted).toEqual([first]);
    for (const id of [first, ...high]) await runToEnd(fixture, 'executor', id);
    expect(fixture.admitted).toEqual([first, ...high, low]);
  });

  it('lets a full pool block no other', async () => {
    await setLimits(
      fixture,
      new Map([
        ['global', 10],
        ['pool:red', 1],
      ]),
    );
    const red = await create('red-1');
    const parked = [await create('red-3'), await create('red-2')];
    const green = await create('green-1');
    expect(fixture.admitted).toEqual([red, green]);
    await runToEnd(fixture, 'executor', red);
    expect(fixture.admitted).toEqual([red, green, parked[0]]);
  });

  it('admits what a wider limit lets through', async () => {
    await setLimits(fixture, new Map([['pool:red', 1]]));
    const ids = [await create('red-1'), await create('red-1'), await create('red-1')];
    await setLimits(fixture, new Map([['pool:red', 3]]));
    expect(fixture.admitted).toEqual(ids);
  });

  describe('with more lanes parked on a limit than one call looks at', () => {
    const LANES = 150;

    beforeEach(async () => {
      await setLimits(
        fixture,
        new Map([
          ['global', 1000],
          ['pool:red', 1],
        ]),
      );
      for (let n = 0; n < LANES; n++) {
        const job = planJob(`lane-${String(n)}`, [], { resource_pool: 'red' });
        await fixture.stores.executions.savePlan(planOf(`plan-${job.job_id}`, [job]));
        await create(job.job_id);
      }
      expect(fixture.admitted).toHaveLength(1);
    });

    it.each([
      ['removed', undefined, LANES],
      ['raised', 100, 100],
    ])('admits all that fits when it is %s', async (_what, limit, admitted) => {
      await setLimits(fixture, new Map([['pool:red', limit]]));
      for (let more = true; more;) more = await fixture.stores.executions.advance();
      expect(fixture.admitted).toHaveLength(admitted);
    });
  });

  it('passes a slot on when the lane woken for it does not take it', async () => {
    await setLimits(
      fixture,
      new Map([
        ['global', 1],
        ['pool:red', 1],
      ]),
    );
    const first = await create('red-1');
    const [second, third] = [await create('red-2'), await create('red-3')];
    // Both wait: one lane in `ready` behind the global limit, the other as well or parked.
    await fixture.stores.executions.transition({ event: 'CANCEL', execution_id: third, actor: 'test' });
    await runToEnd(fixture, 'executor', first);
    expect(fixture.admitted).toEqual([first, second]);
  });

  it('admits nobody past what waits when a slot is given back and asked for in one call', async () => {
    const waiting = planJob('waiting', [], { resource_pool: 'red', priority: 100 });
    const after = planJob('after', [planEdge('failing', { dependency_type: 'COMPLETION' })], {
      resource_pool: 'red',
    });
    const failing = planJob('failing', [], { resource_pool: 'red' });
    await fixture.stores.executions.savePlan(planOf('plan-waiting', [waiting]));
    await fixture.stores.executions.savePlan(planOf('plan-failing', [failing, after]));
    await setLimits(fixture, new Map([['pool:red', 1]]));
    const first = await create('failing');
    const patient = await create('waiting');
    await runToEnd(fixture, 'executor', first, false);
    expect(fixture.admitted).toEqual([first, patient]);
  });

  it('refuses a claim by one who holds no lease, and of what was not admitted', async () => {
    await setLimits(fixture, new Map([['global', 1]]));
    const [admitted, waiting] = [await create('red-1'), await create('red-1')];
    const claim = (execution_id: string, executor_id: string) =>
      fixture.stores.executions.transition({
        event: 'CLAIM',
        execution_id,
        executor_id,
        nonce: 'n',
        actor: 'test',
      });
    expect(await claim(admitted, 'stranger')).toMatchObject({ ok: false, refusal: 'NO_LEASE' });
    expect(await claim(waiting, 'executor')).toMatchObject({ ok: false, refusal: 'NOT_ADMITTED' });
  });

  it('never exceeds a limit, leaks no slot and starves nobody, whatever comes and goes', async () => {
    const action = fc.oneof(
      { weight: 3, arbitrary: fc.record({ create: fc.constantFrom(...jobs.map((job) => job.job_id)) }) },
      { weight: 3, arbitrary: fc.record({ finish: fc.nat(20), succeed: fc.boolean() }) },
      {
        weight: 1,
        arbitrary: fc.record({
          limit: fc.constantFrom('global', 'pool:red', 'pool:green', 'type:INGESTION', 'job:blue-2'),
          value: fc.integer({ min: 1, max: 4 }),
        }),
      },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 60 }), async (actions) => {
        await fixture.redis.unlink(
          ...(await fixture.redis.keys(`${fixture.keys.prefix}*`)).filter((key) => !key.includes(':plan:')),
        );
        await fixture.stores.leases.register({
          executor_id: 'executor',
          lease_ms: 600_000,
          places: 100,
          information: {},
        });
        fixture.admitted.length = 0;
        const open = new Set<string>();
        const limits = new Map<string, number>();
        for (const done of actions) {
          if ('create' in done) open.add(await create(done.create));
          else if ('limit' in done) await narrow(limits, done.limit, done.value);
          else await finishOne(open, done.finish, done.succeed);
          await checkLimits(limits);
        }
        while (open.size > 0) {
          expect(fixture.admitted.length).toBeGreaterThan(0);
          await finishOne(open, 0, true);
          await checkLimits(limits);
        }
        const left = await Promise.all(
          ['global', 'pool:red', 'pool:green', 'pool:blue', 'type:INGESTION'].map(held),
        );
        expect(left).toEqual([0, 0, 0, 0, 0]);
        const queues = (await fixture.redis.keys(`${fixture.keys.prefix}*`)).filter((key) =>
          /:(lane|parked|ready|parked_on|admitted|slots|held)/.test(
            key.slice(fixture.keys.prefix.length - 1),
          ),
        );
        expect(queues).toEqual([]);
      }),
      { numRuns: 40 },
    );

    /** A limit below what is held is reached by waiting, so only what is free may be taken away at once. */
    async function narrow(limits: Map<string, number>, limit: string, value: number): Promise<void> {
      await setLimits(fixture, new Map([[limit, value]]));
      const bounded = Math.max(value, await held(limit));
      limits.set(limit, bounded);
      await setLimits(fixture, new Map([[limit, bounded]]));
    }

    async function finishOne(open: Set<string>, index: number, succeed: boolean): Promise<void> {
      if (fixture.admitted.length === 0) return;
      const [id] = fixture.admitted.splice(index % fixture.admitted.length, 1);
      if (id === undefined) return;
      await runToEnd(fixture, 'executor', id, succeed);
      open.delete(id);
    }

    async function checkLimits(limits: ReadonlyMap<string, number>): Promise<void> {
      for (const [limit, value] of limits) expect(await held(limit)).toBeLessThanOrEqual(value);
    }
  }, 120_000);
});
