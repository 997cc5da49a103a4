import type { ExecutionRecord, StoredPlanJob } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { pack, SEAL_BYTES, sealed, unpack } from './codec.js';
import { RECORD_FIELDS } from './record-layout.js';
import {
  createRoot,
  openFixture,
  planEdge,
  planJob,
  planOf,
  runToEnd,
  setLimits,
  type StoreFixture,
} from './testing/store-fixture.js';

const HOUR_MS = 3_600_000;

describe('what explanations read', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = openFixture('explain');
    const { leases } = fixture.stores;
    await leases.register({ executor_id: 'e', lease_ms: 1_000 * HOUR_MS, places: 1_000, information: {} });
  });
  afterEach(() => fixture.close());

  const read = async (id: string): Promise<ExecutionRecord> => {
    const record = await fixture.stores.executions.get(id);
    if (record === undefined) throw new Error(`there is no ${id}`);
    return record;
  };
  const save = (jobs: readonly StoredPlanJob[]): Promise<void> =>
    fixture.stores.executions.savePlan(planOf('plan', jobs));

  it('counts who stands before an execution in its own lane and in others, each by the common score', async () => {
    await save([planJob('a'), planJob('b'), planJob('late', [], { priority: -1 })]);
    await setLimits(fixture, new Map([['pool:default', 1]]));
    const holder = await createRoot(fixture, 'plan', 'a');
    for (const job of ['a', 'b', 'b', 'late']) await createRoot(fixture, 'plan', job);
    const id = await createRoot(fixture, 'plan', 'a');
    await createRoot(fixture, 'plan', 'b');
    expect(await fixture.stores.explanations.queueStanding(await read(id))).toMatchObject({
      before_in_lane: 1,
      before_in_others: 2,
      is_exact: true,
      limits: [{ name: 'pool:default', limit: 1, held: 1, holders: [holder] }],
      global: { name: 'global', limit: 50, held: 1 },
      places: 2_000,
    });
  });

  it('counts in a hundred lanes, and says that there are more', async () => {
    const jobs = Array.from({ length: 102 }, (_, at) => planJob(`job${String(at)}`));
    await save([...jobs, planJob('a')]);
    await setLimits(fixture, new Map([['global', 1]]));
    await createRoot(fixture, 'plan', 'a');
    for (const { job_id } of jobs.slice(0, 100)) await createRoot(fixture, 'plan', job_id);
    const hundredth = await createRoot(fixture, 'plan', 'job100');
    const standing = async (id: string): Promise<unknown> =>
      fixture.stores.explanations.queueStanding(await read(id));
    expect(await standing(hundredth)).toMatchObject({ before_in_others: 100, is_exact: true });
    expect(await standing(await createRoot(fixture, 'plan', 'job101'))).toMatchObject({
      before_in_others: 100,
      is_exact: false,
    });
  });

  it('says when an admitted execution was delivered, and how often again', async () => {
    await save([planJob('a')]);
    const id = await createRoot(fixture, 'plan', 'a');
    const { queued_time } = await read(id);
    const standing = async (): Promise<unknown> => fixture.stores.explanations.queueStanding(await read(id));
    expect(await standing()).toMatchObject({ delivered_ms: queued_time, redelivered: 0 });
    await fixture.setClockOffset(HOUR_MS);
    await fixture.stores.claims.renew(new Map([[id, 'again']]));
    expect(await standing()).toMatchObject({ redelivered: 1 });
  });

  it('finds the latest execution of a job, in a run or in any', async () => {
    await save([planJob('a'), planJob('b', [planEdge('a')])]);
    const ids: string[] = [];
    for (let n = 0; n < 3; n++) {
      await fixture.setClockOffset(n * HOUR_MS);
      const id = await createRoot(fixture, 'plan', 'a');
      ids.push(id);
      await runToEnd(fixture, 'e', id);
    }
    const [first = '', , last = ''] = ids;
    const found = await fixture.stores.explanations.latest([
      { job_id: 'a' },
      { job_id: 'a', run_id: first },
      { job_id: 'b', run_id: first },
      { job_id: 'b' },
      { job_id: 'b', run_id: 'none' },
      { job_id: 'none' },
    ]);
    expect(found.map((record) => record && [record.job_id, record.run_id])).toEqual([
      ['a', last],
      ['a', first],
      ['b', first],
      ['b', last],
      undefined,
      undefined,
    ]);
  });

  it('takes the latest attempt in a run for its latest execution', async () => {
    await save([planJob('a')]);
    const id = await createRoot(fixture, 'plan', 'a');
    const base = { execution_id: id, nonce: 'n', actor: 'e', executor_id: 'e' };
    await fixture.stores.executions.transition({ ...base, event: 'CLAIM' });
    const retry = { execution_id: `${id}-2`, not_before: 1, lost_attempts: 0 };
    await fixture.stores.executions.transition({ ...base, event: 'FAIL', retry });
    const [latest] = await fixture.stores.explanations.latest([{ job_id: 'a', run_id: id }]);
    expect(latest?.execution_id).toBe(`${id}-2`);
  });

  it('has what was planned, and nothing of a plan that is not kept any more', async () => {
    await save([planJob('a'), planJob('b', [planEdge('a')])]);
    const record = await read(await createRoot(fixture, 'plan', 'a'));
    expect(await fixture.stores.explanations.planned(record)).toMatchObject({
      job: { job_id: 'a', edges: [] },
      dependents: ['b'],
    });
    await fixture.redis.unlink(fixture.keys.key('plan:plan'));
    expect(await fixture.stores.explanations.planned(record)).toEqual({ dependents: [] });
  });
});

describe('the verdicts that the gate keeps', () => {
  let fixture: StoreFixture;

  beforeEach(() => {
    fixture = openFixture('verdicts');
  });
  afterEach(() => fixture.close());

  it('are the latest eight, however often an execution is held', async () => {
    const { executions, windows, leases } = fixture.stores;
    await leases.register({ executor_id: 'e', lease_ms: HOUR_MS, places: 10, information: {} });
    await executions.savePlan(planOf('plan', [planJob('a', [], { queue_if_running: true })]));
    const first = await createRoot(fixture, 'plan', 'a');
    const id = await createRoot(fixture, 'plan', 'a');
    const [turn] = (await executions.get(id))?.decided ?? [];
    expect(turn).toMatchObject({ rule: 3, verdict: 'HOLD', past_gate: 1 });

    // As if it had been held seven times before.
    const key = fixture.keys.key(`x:${id}`);
    const values = unpack(
      ((await fixture.redis.getBuffer(key)) ?? Buffer.of()).subarray(0, -SEAL_BYTES),
    ) as unknown[];
    const earlier = Array.from({ length: 7 }, (_, time) => ({ ...turn, time }));
    values[RECORD_FIELDS.indexOf('decided')] = [...earlier, turn];
    await fixture.redis.set(key, sealed(pack(values)));

    const opens = Date.now() + HOUR_MS;
    const closed = { from: 0, opens, closes: 2 * opens, skip: false, lane: 'default|INGESTION|a' };
    await windows.set(new Map([['a', closed]]), undefined);
    await runToEnd(fixture, 'e', first);
    const decided = (await executions.get(id))?.decided ?? [];
    expect(decided.slice(0, -1)).toEqual([...earlier.slice(1), turn]);
    expect(decided.at(-1)).toMatchObject({ rule: 17, verdict: 'HOLD', window: closed, is_retry: false });
  });

  it('are none where it is let through', async () => {
    const { executions } = fixture.stores;
    await executions.savePlan(planOf('plan', [planJob('a', [], { skip_if_running: true })]));
    expect((await executions.get(await createRoot(fixture, 'plan', 'a')))?.decided).toBeUndefined();
  });
});
