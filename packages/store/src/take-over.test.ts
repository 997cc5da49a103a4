import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { RetryOrder, TransitionResult } from '@phi/core';

import {
  createRoot,
  openFixture,
  planJob,
  planOf,
  runToEnd,
  setLimits,
  type StoreFixture,
} from './testing/store-fixture.js';

const REQUEST = [1000, 0, 0, 0] as const;

describe('an attempt whose remote job goes on', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = openFixture('take-over');
    const jobs = [
      planJob('remote', [], { queue_timeout_ms: 1000 }),
      planJob('large', [], { request: REQUEST }),
    ];
    for (const job of jobs) await fixture.stores.executions.savePlan(planOf(`plan-${job.job_id}`, [job]));
    await setLimits(fixture, new Map([['global', 1]]));
    await register('drained');
  });
  afterEach(() => fixture.close());

  const register = (executor_id: string): Promise<void> =>
    fixture.stores.leases.register({
      executor_id,
      lease_ms: 86_400_000,
      places: 5,
      resources: { cpu_cores: 1 },
      information: {},
    });
  const claim = (execution_id: string, executor_id: string): Promise<TransitionResult> =>
    fixture.stores.executions.transition({
      event: 'CLAIM',
      execution_id,
      executor_id,
      nonce: `nonce-${execution_id}`,
      op: `nonce-${execution_id}`,
      actor: executor_id,
    });
  const hold = (): Promise<string[]> => fixture.redis.smembers(fixture.keys.key('slots:global'));
  const statusOf = async (id: string): Promise<string | undefined> =>
    (await fixture.stores.executions.get(id))?.status;

  /** Claims one of a job; another waits behind it. @returns their ids */
  async function begin(job: string): Promise<readonly [first: string, waiting: string]> {
    const [first, waiting] = [
      await createRoot(fixture, `plan-${job}`, job),
      await createRoot(fixture, `plan-${job}`, job),
    ];
    expect(await claim(first, 'drained')).toMatchObject({ ok: true });
    return [first, waiting];
  }

  function handOver(
    execution_id: string,
    more: Partial<RetryOrder> = { goes_on: true },
  ): Promise<TransitionResult> {
    const nonce = `nonce-${execution_id}`;
    const retry = {
      execution_id: `${execution_id}-2`,
      not_before: 1,
      lost_attempts: 1,
      handed_over: 1,
      ...more,
    };
    return fixture.stores.executions.transition({
      event: 'FAIL',
      execution_id,
      nonce,
      op: `${nonce} end`,
      actor: 'drained',
      retry,
    });
  }

  it('leaves its slots to the next, which is admitted at once and cannot wait too long', async () => {
    const [first, waiting] = await begin('remote');
    await fixture.stores.executions.waitRemotely(first, `nonce-${first}`, true);
    fixture.admitted.length = 0;
    expect(await handOver(first)).toMatchObject({ ok: true, status: 'FAILED' });
    const next = await fixture.stores.executions.get(`${first}-2`);
    expect(next).toMatchObject({ status: 'QUEUED', took_over: true, attempt_number: 2 });
    expect(next?.queue_deadline).toBeUndefined();
    expect(next?.history.map(({ event }) => event)).toEqual(['CREATE', 'ENQUEUE']);
    expect([fixture.admitted, await hold()]).toEqual([[`${first}-2`], [`${first}-2`]]);
    expect(await statusOf(waiting)).toBe('QUEUED');
    await fixture.setClockOffset(3_600_000);
    expect(await fixture.stores.executions.due('queue_deadlines', 10)).toEqual([waiting]);
    await runToEnd(fixture, 'drained', `${first}-2`);
    expect(await hold()).toEqual([waiting]);
    expect(await fixture.redis.exists(fixture.keys.key('remote_waits'))).toBe(0);
  });

  it('gives its slots back where it did not wait, or its failure is not the end of its executor', async () => {
    for (const [job, waits, more] of [
      ['remote', false, { goes_on: true }],
      ['remote', true, {}],
    ] as const) {
      const [first, waiting] = await begin(job);
      if (waits) await fixture.stores.executions.waitRemotely(first, `nonce-${first}`, true);
      await handOver(first, more);
      expect([await statusOf(`${first}-2`), await hold()]).toEqual(['PENDING', [waiting]]);
      await runToEnd(fixture, 'drained', waiting);
    }
  });

  it('keeps them while no executor has room for it, and is claimed by the first that has', async () => {
    const [first, waiting] = await begin('large');
    await fixture.stores.executions.waitRemotely(first, `nonce-${first}`, true);
    await fixture.stores.leases.register({
      executor_id: 'drained',
      lease_ms: 86_400_000,
      places: 0,
      information: {},
    });
    await handOver(first);
    expect(await claim(`${first}-2`, 'drained')).toMatchObject({ ok: false, refusal: 'NO_ROOM' });
    await register('other');
    expect([await hold(), await statusOf(waiting)]).toEqual([[`${first}-2`], 'QUEUED']);
    expect(await claim(`${first}-2`, 'other')).toMatchObject({ ok: true });
    expect(await fixture.redis.hget(fixture.keys.key('placements'), `${first}-2`)).toBe('other');
  });

  it('keeps them when the executor that it was placed on leaves as well', async () => {
    const [first] = await begin('large');
    await fixture.stores.executions.waitRemotely(first, `nonce-${first}`, true);
    await register('other');
    await fixture.stores.leases.register({
      executor_id: 'drained',
      lease_ms: 86_400_000,
      places: 0,
      information: {},
    });
    await handOver(first);
    expect(await fixture.redis.hget(fixture.keys.key('placements'), `${first}-2`)).toBe('other');
    await fixture.stores.leases.leave('other');
    expect(await hold()).toEqual([`${first}-2`]);
    await register('third');
    expect(await claim(`${first}-2`, 'third')).toMatchObject({ ok: true });
  });
});
