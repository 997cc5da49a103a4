import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Amounts } from '@phi/core';

import { STORY_JOBS as jobs } from './testing/admission-step.js';
import { createRoot, openFixture, planOf, runToEnd, type StoreFixture } from './testing/store-fixture.js';

describe('placement', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = openFixture('placement');
    for (const job of jobs) await fixture.stores.executions.savePlan(planOf(`plan-${job.job_id}`, [job]));
  });
  afterEach(() => fixture.close());

  const create = (job: string): Promise<string> => createRoot(fixture, `plan-${job}`, job);
  const register = (
    executor_id: string,
    resources: Partial<Amounts>,
    more: { places?: number; pools?: readonly string[] } = {},
  ): Promise<void> =>
    fixture.stores.leases.register({
      executor_id,
      lease_ms: 86_400_000,
      places: 20,
      resources,
      information: {},
      ...more,
    });
  const placeOf = (id: string): Promise<string | null> =>
    fixture.redis.hget(fixture.keys.key('placements'), id);
  const claim = (execution_id: string, executor_id: string) =>
    fixture.stores.executions.transition({
      event: 'CLAIM',
      execution_id,
      executor_id,
      nonce: `nonce-${execution_id}`,
      op: `nonce-${execution_id}`,
      actor: executor_id,
    });

  it('takes the executor that it leaves the least of', async () => {
    await register('large', { cpu_cores: 8, memory_mb: 8192 });
    await register('small', { cpu_cores: 2, memory_mb: 2048 });
    const first = await create('red-2');
    const second = await create('red-4');
    expect(await placeOf(first)).toBe('small');
    expect(await placeOf(second)).toBe('large');
  });

  it('admits what requests nothing whatever is used, and nothing that finds no room', async () => {
    await register('small', { cpu_cores: 1 });
    const [placed, waiting, free] = [await create('red-1'), await create('red-1'), await create('red-0')];
    expect(fixture.admitted).toEqual([placed, free]);
    await runToEnd(fixture, 'small', placed);
    expect(fixture.admitted).toEqual([placed, free, waiting]);
  });

  it('lets what is too large for every executor wait until one comes that can hold it', async () => {
    await register('small', { cpu_cores: 2 });
    const id = await create('red-4');
    expect(fixture.admitted).toEqual([]);
    await register('large', { cpu_cores: 3, memory_mb: 2048 });
    expect(fixture.admitted).toEqual([id]);
  });

  it('keeps a pool within its capacity, whatever the executors have', async () => {
    await register('large', {});
    await fixture.stores.limits.change({ pools: [{ name: 'red', cpu_cores: 2.5 }] });
    const ids = [await create('red-1'), await create('red-1'), await create('red-1')];
    const other = await create('blue-1');
    expect(fixture.admitted).toEqual([ids[0], ids[1], other]);
    await fixture.stores.limits.change({ pools: [{ name: 'red', cpu_cores: null }] });
    expect(fixture.admitted).toEqual([ids[0], ids[1], other, ids[2]]);
  });

  it('counts what a pool uses already when it becomes known', async () => {
    await register('large', {});
    await create('red-3');
    await fixture.stores.limits.change({ pools: [{ name: 'red', cpu_cores: 3 }] });
    expect(await fixture.stores.limits.pool('red')).toMatchObject({
      held: 1,
      reserved: { cpu_cores: 2, memory_mb: 256, disk_mb: 100 },
    });
    const [fits, waits] = [await create('red-1'), await create('red-1')];
    expect(fixture.admitted).toContain(fits);
    expect(fixture.admitted).not.toContain(waits);
  });

  describe('a claim', () => {
    beforeEach(async () => {
      await register('small', { cpu_cores: 1 });
      await register('large', { cpu_cores: 4 });
    });

    it('moves the placement to an executor that has room', async () => {
      const id = await create('red-1');
      expect(await placeOf(id)).toBe('small');
      expect(await claim(id, 'large')).toMatchObject({ ok: true });
      expect(await placeOf(id)).toBe('large');
      const executors = await fixture.stores.leases.list();
      const reserved = executors.map((executor) => [executor.executor_id, executor.reserved.cpu_cores]);
      expect(Object.fromEntries(reserved)).toEqual({ small: 0, large: 1 });
    });

    it('is refused by one that has none, and nothing has changed', async () => {
      const id = await create('red-3');
      expect(await placeOf(id)).toBe('large');
      expect(await claim(id, 'small')).toMatchObject({ ok: false, refusal: 'NO_ROOM' });
      expect(await claim(id, 'large')).toMatchObject({ ok: true, status: 'RUNNING' });
    });

    it('without room is delivered again at once three times, and then at its deadline', async () => {
      const id = await create('red-3');
      // Sent together: the deadline must not pass between one and the next.
      const returned = () => fixture.stores.claims.renew(new Map([[id, 'returned' as const]]));
      const again = await Promise.all(Array.from({ length: 5 }, returned));
      const numbers = again.map((deliveries) => deliveries.map(({ delivery }) => delivery));
      expect(numbers).toEqual([[1], [2], [3], [], []]);
      await fixture.setClockOffset(5001);
      expect(await fixture.stores.claims.renew(new Map([[id, 'again' as const]]))).toEqual([
        { execution_id: id, delivery: 4 },
      ]);
    });
  });

  describe('an executor that goes', () => {
    it('has what nobody has claimed placed elsewhere', async () => {
      await register('small', { cpu_cores: 1 });
      const id = await create('red-1');
      await register('large', { cpu_cores: 4 });
      await fixture.stores.leases.leave('small');
      expect(await placeOf(id)).toBe('large');
      expect(fixture.admitted).toEqual([id]);
    });

    it('gives back the slots of what fits nowhere else, which is admitted again when there is room', async () => {
      await register('small', { cpu_cores: 1 });
      await register('large', { cpu_cores: 4 });
      const id = await create('red-3');
      await fixture.stores.leases.leave('large');
      expect((await fixture.stores.limits.held(['global'])).get('global')).toBe(0);
      expect(await claim(id, 'small')).toMatchObject({ ok: false, refusal: 'NOT_ADMITTED' });
      await register('large', { cpu_cores: 4 });
      expect(fixture.admitted).toEqual([id, id]);
    });

    it('or takes nothing more, or has less, keeps what it has claimed', async () => {
      await register('large', { cpu_cores: 4 });
      const [running, waiting] = [await create('red-3'), await create('red-3')];
      await claim(running, 'large');
      await register('large', { cpu_cores: 1 });
      expect(await placeOf(running)).toBe('large');
      expect(await placeOf(waiting)).toBeNull();
      await register('large', { cpu_cores: 4 });
      expect(await placeOf(waiting)).toBe('large');
      await register('large', { cpu_cores: 4 }, { places: 0 });
      expect(await placeOf(running)).toBe('large');
      expect(await placeOf(waiting)).toBeNull();
    });
  });

  describe('a dedicated pool', () => {
    beforeEach(() => fixture.stores.limits.change({ pools: [{ name: 'red', dedicated: true }] }));

    it('is served by those alone that name it, and goes to a queue of its own', async () => {
      await register('other', {});
      const [red, blue] = [await create('red-0'), await create('blue-0')];
      expect(fixture.admitted).toEqual([blue]);
      await register('large', {}, { pools: ['red'] });
      expect(fixture.admitted).toEqual([blue, red]);
      await fixture.setClockOffset(5001);
      const again = await fixture.stores.claims.renew(
        new Map([red, blue].map((id) => [id, 'again' as const])),
      );
      expect(again).toEqual([
        { execution_id: red, delivery: 1, pool: 'red' },
        { execution_id: blue, delivery: 1 },
      ]);
    });

    it('needs none of the places of the others, and gives them none', async () => {
      await register('other', {}, { places: 1 });
      await register('large', {}, { places: 1, pools: ['red'] });
      const blue = [await create('blue-0'), await create('blue-0'), await create('blue-0')];
      const red = [await create('red-0'), await create('red-0'), await create('red-0')];
      expect(fixture.admitted).toEqual([blue[0], blue[1], red[0], red[1]]);
      await runToEnd(fixture, 'large', red[0] ?? '');
      expect(fixture.admitted).toEqual([blue[0], blue[1], red[0], red[1], red[2]]);
      await runToEnd(fixture, 'other', blue[0] ?? '');
      expect(fixture.admitted.at(-1)).toBe(blue[2]);
    });

    it('that is dedicated no longer is served by all, also what waits already', async () => {
      await register('other', {}, { places: 1 });
      const blue = [await create('blue-0'), await create('blue-0'), await create('blue-0')];
      const red = [await create('red-0'), await create('red-3')];
      await fixture.stores.limits.change({ pools: [{ name: 'red', dedicated: false }] });
      expect(fixture.admitted).toEqual([blue[0], blue[1]]);
      for (const id of [blue[0], blue[1]]) await runToEnd(fixture, 'other', id ?? '');
      for (const id of [blue[2], red[0]]) await runToEnd(fixture, 'other', id ?? '');
      expect(new Set(fixture.admitted)).toEqual(new Set([...blue, ...red]));
    });
  });

  it('starts nothing of a paused pool, and all of it when it is resumed', async () => {
    await register('large', {});
    await fixture.stores.limits.change({ pools: [{ name: 'red', paused: true }] });
    const [red, more, blue] = [await create('red-0'), await create('red-3'), await create('blue-0')];
    expect(fixture.admitted).toEqual([blue]);
    await fixture.stores.limits.change({ pools: [{ name: 'red', pool_concurrency_limit: 5 }] });
    expect(fixture.admitted).toEqual([blue]);
    await fixture.stores.limits.change({ pools: [{ name: 'red', paused: false }] });
    expect(new Set(fixture.admitted)).toEqual(new Set([red, more, blue]));
  });
});
