import { LOST_ATTEMPT_BUDGET, type ExecutionRecord, type TransitionResult } from '@phi/core';
import { carryOn, getDeadLetter, promoteRetries, takeBackLost, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { closeSound } from './testing/expect-sound.js';

const LEASE_MS = 600_000;
/** Past every lease of these tests but that of the executor that lives. */
const AFTER_LEASE_MS = 601_000;
const FOR_EVER_MS = 1_000_000_000;

describe('takeBackLost', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('recovery');
    services = fixture.services;
    await fixture.registerExecutor('executor', FOR_EVER_MS);
    await fixture.registerExecutor('doomed', LEASE_MS);
  });
  afterEach(() => closeSound(fixture));

  async function send(
    event: 'CLAIM' | 'SUCCEED' | 'FAIL',
    execution_id: string,
    executor_id: string,
  ): Promise<TransitionResult> {
    const nonce = `${executor_id} ${execution_id}`;
    const base = { event, execution_id, nonce, op: nonce, actor: executor_id } as const;
    return services.executions.transition(
      event === 'CLAIM' ? { ...base, executor_id } : { ...base, result: '{}' },
    );
  }

  async function claimedBy(executorId: string, job = 'a'): Promise<string> {
    const id = await trigger(services, job);
    expect(await send('CLAIM', id, executorId)).toMatchObject({ ok: true, status: 'RUNNING' });
    return id;
  }

  const retryOf = async (record: ExecutionRecord): Promise<ExecutionRecord> =>
    recordOf(services, record.retried_by ?? 'no retry');

  it('fails what ran under an expired lease and repeats it at once, although the policy allows no retry', async () => {
    await apply(services, [define('a', { retry_policy: { max_attempts: 1 } })]);
    const id = await claimedBy('doomed');
    await fixture.setClockOffset(AFTER_LEASE_MS);
    expect(await takeBackLost(services, { evict: true })).toBe(1);
    const lost = await recordOf(services, id);
    expect(lost).toMatchObject({ status: 'FAILED', reason: 'EXEC_012_EXECUTOR_LOST' });
    expect(JSON.parse(lost.result ?? '')).toMatchObject({
      status: 'FAILED',
      error_code: 'EXEC_012_EXECUTOR_LOST',
    });
    expect(await promoteRetries(services)).toBe(1);
    const retry = await retryOf(lost);
    expect(retry).toMatchObject({
      status: 'QUEUED',
      attempt_number: 2,
      lost_attempts: 1,
      parent_execution_id: id,
    });
    expect(await run(services, retry.execution_id, () => succeedWith())).toMatchObject({
      status: 'COMPLETED',
    });
    expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
  });

  it('leaves what runs under a lease that holds', async () => {
    await apply(services, [define('a')]);
    const [mine, theirs] = [await claimedBy('executor'), await claimedBy('doomed')];
    await fixture.setClockOffset(LEASE_MS / 2);
    expect(await takeBackLost(services, { evict: true })).toBe(0);
    expect(await services.leases.renew('doomed', LEASE_MS)).toMatchObject({ held: true });
    await fixture.setClockOffset(AFTER_LEASE_MS);
    expect(await takeBackLost(services, { evict: true })).toBe(0);
    for (const id of [mine, theirs])
      expect(await recordOf(services, id)).toMatchObject({ status: 'RUNNING' });
  });

  it('repeats it as often as the budget says, and then fails it for good', async () => {
    await apply(services, [
      define('a', { retry_policy: { max_attempts: 5 } }),
      define('b', { after: ['a'] }),
    ]);
    const first = await trigger(services, 'a');
    let id = first;
    for (let lost = 1; lost <= LOST_ATTEMPT_BUDGET + 1; lost++) {
      const executor = `doomed-${String(lost)}`;
      await fixture.registerExecutor(executor, LEASE_MS);
      expect(await send('CLAIM', id, executor)).toMatchObject({ ok: true });
      await fixture.setClockOffset(lost * AFTER_LEASE_MS);
      expect(await takeBackLost(services, { evict: true })).toBe(1);
      await promoteRetries(services);
      const record = await recordOf(services, id);
      expect(record.status).toBe('FAILED');
      if (lost <= LOST_ATTEMPT_BUDGET) id = (await retryOf(record)).execution_id;
      else expect(record.retried_by).toBeUndefined();
    }
    expect(await services.runs.executions(first)).toHaveLength(LOST_ATTEMPT_BUDGET + 2);
    expect(await executionsOf(services, 'b')).toMatchObject([{ status: 'CANCELLED', run_id: first }]);
    expect(await services.runs.get(first)).toMatchObject({ status: 'failed', open: 0 });
  });

  it('completes what had its result, and releases its dependents, instead of running it again', async () => {
    await apply(services, [define('a'), define('b', { after: ['a'] })]);
    const id = await claimedBy('doomed');
    await send('SUCCEED', id, 'doomed');
    expect((await recordOf(services, id)).status).toBe('COMPLETING');
    await fixture.setClockOffset(AFTER_LEASE_MS);
    expect(await takeBackLost(services, { evict: true })).toBe(1);
    const record = await recordOf(services, id);
    expect(record).toMatchObject({ status: 'COMPLETED', result: '{}' });
    expect(record.retried_by).toBeUndefined();
    expect(await executionsOf(services, 'b')).toMatchObject([{ status: 'QUEUED', run_id: id }]);
  });

  it('completes one whose fan-out needs several calls, once', async () => {
    const leaves = Array.from({ length: 250 }, (_, n) => define(`leaf-${String(n)}`, { after: ['a'] }));
    await apply(services, [define('a'), ...leaves]);
    const id = await claimedBy('doomed');
    await send('SUCCEED', id, 'doomed');
    await fixture.setClockOffset(AFTER_LEASE_MS);
    await Promise.all([
      takeBackLost(services, { evict: true }),
      takeBackLost(fixture.anotherProcess(), { evict: true }),
    ]);
    await carryOn(services);
    expect(await recordOf(services, id)).toMatchObject({ status: 'COMPLETED', revision: 5 });
    expect(await services.runs.executions(id)).toHaveLength(251);
    expect(await takeBackLost(services, { evict: true })).toBe(0);
    expect(await services.leases.evicted()).toEqual(new Map());
  });

  it('takes each execution back once, however many recoveries sweep', async () => {
    await apply(services, [define('a')]);
    const ids = [];
    for (let n = 0; n < 20; n++) ids.push(await claimedBy('doomed'));
    await fixture.setClockOffset(AFTER_LEASE_MS);
    const sweepers = [services, fixture.anotherProcess(), fixture.anotherProcess()];
    const taken = await Promise.all(sweepers.map((process) => takeBackLost(process, { evict: true })));
    expect(taken.reduce((sum, count) => sum + count, 0)).toBe(20);
    for (const id of ids) expect(await services.runs.executions(id)).toHaveLength(2);
    expect(await executionsOf(services, 'a')).toHaveLength(40);
    expect((await services.limits.held(['global'])).get('global')).toBe(0);
  });

  it('tells an evicted executor that its lease is lost, and refuses what it still says', async () => {
    await apply(services, [define('a')]);
    const id = await claimedBy('doomed');
    await fixture.setClockOffset(AFTER_LEASE_MS);
    await takeBackLost(services, { evict: true });
    expect(await services.leases.renew('doomed', LEASE_MS)).toEqual({ held: false });
    for (const event of ['SUCCEED', 'FAIL'] as const)
      expect(await send(event, id, 'doomed')).toMatchObject({ ok: false, refusal: 'ILLEGAL_TRANSITION' });
    const other = await trigger(services, 'a');
    expect(await send('CLAIM', other, 'doomed')).toMatchObject({ ok: false, refusal: 'NO_LEASE' });
  });

  it('lets the executor have its way whose end comes before the sweep, late as it is', async () => {
    await apply(services, [define('a')]);
    const id = await claimedBy('doomed');
    await fixture.setClockOffset(AFTER_LEASE_MS);
    expect(await send('SUCCEED', id, 'doomed')).toMatchObject({ ok: true });
    await takeBackLost(services, { evict: true });
    expect(await recordOf(services, id)).toMatchObject({ status: 'COMPLETED' });
  });

  it('fails for good what it cannot repeat because its definition is gone', async () => {
    await apply(services, [define('a')]);
    const id = await claimedBy('doomed');
    await fixture.redis.unlink(fixture.key('job_revisions:a'));
    await fixture.setClockOffset(AFTER_LEASE_MS);
    expect(await takeBackLost(fixture.anotherProcess(), { evict: true })).toBe(1);
    expect(await recordOf(services, id)).toMatchObject({
      status: 'FAILED',
      reason: 'EXEC_010_DEFINITION_MISSING',
    });
    expect(await getDeadLetter(services, id)).toMatchObject({
      error_category: 'PERMANENT',
      error_code: 'EXEC_010_DEFINITION_MISSING',
      error_message: 'revision 1 of job a is not registered',
      will_retry: false,
    });
  });

  it('forgets an evicted executor once it holds nothing', async () => {
    await apply(services, [define('a')]);
    await claimedBy('doomed');
    await fixture.setClockOffset(AFTER_LEASE_MS);
    await takeBackLost(services, { evict: true });
    await takeBackLost(services, { evict: true });
    expect(await services.leases.evicted()).toEqual(new Map());
    expect((await services.leases.list()).map(({ executor_id }) => executor_id)).toEqual(['executor']);
  });
});
