import { DEFAULT_CONFIG } from '@phi/core';
import { carryOn, expireDependencies, promoteRetries, redeliverUnclaimed, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  failWith,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

const CLAIM_DEADLINE_MS = 5000;
const TIMEOUT_MS = DEFAULT_CONFIG.DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS * 1000;

describe('what is due', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('due');
    services = fixture.services;
    await fixture.registerExecutor('executor', 1_000_000_000);
  });
  afterEach(() => fixture.close());

  describe('redeliverUnclaimed', () => {
    beforeEach(() => apply(services, [define('a')]));

    const deliveryOf = async (execution_id: string) =>
      (await services.claims.deliveries([execution_id]))[0]?.delivery;

    it('delivers what was admitted and never reached BullMQ, once its claim deadline is over', async () => {
      const id = await trigger(services, 'a');
      expect(fixture.admitted).toEqual([id]);
      // Before it, however long this took.
      await fixture.setClockOffset(-60_000);
      expect(await redeliverUnclaimed(services)).toBe(0);
      await fixture.setClockOffset(CLAIM_DEADLINE_MS + 1);
      expect(await redeliverUnclaimed(services)).toBe(1);
      expect(await services.delivery.isWaiting({ execution_id: id, delivery: 1 })).toBe(true);
    });

    it('does not deliver again what still waits to be taken', async () => {
      const id = await trigger(services, 'a');
      await services.delivery.deliver([{ execution_id: id, delivery: 0 }]);
      for (let round = 1; round <= 3; round++) {
        await fixture.setClockOffset(round * (CLAIM_DEADLINE_MS + 1000));
        expect(await redeliverUnclaimed(services)).toBe(0);
      }
      expect(await deliveryOf(id)).toBe(0);
    });

    it('delivers once where several recoveries look', async () => {
      const ids = [await trigger(services, 'a'), await trigger(services, 'a'), await trigger(services, 'a')];
      await fixture.setClockOffset(CLAIM_DEADLINE_MS + 1);
      const sweepers = [services, fixture.anotherProcess(), fixture.anotherProcess()];
      const again = await Promise.all(sweepers.map(redeliverUnclaimed));
      expect(again.reduce((sum, count) => sum + count, 0)).toBe(3);
      for (const id of ids) expect(await deliveryOf(id)).toBe(1);
    });

    it('has nothing to do with what was claimed, has ended or waits for a slot', async () => {
      await services.limits.change({ limits: new Map([['global', 2]]) });
      const [running, ended] = [await trigger(services, 'a'), await trigger(services, 'a')];
      await services.executions.transition({
        event: 'CLAIM',
        execution_id: running,
        executor_id: 'executor',
        nonce: 'n',
        actor: 'executor',
      });
      await run(services, ended, () => succeedWith());
      await services.limits.change({ limits: new Map([['global', 1]]) });
      await trigger(services, 'a');
      await fixture.setClockOffset(CLAIM_DEADLINE_MS + 1);
      expect(await redeliverUnclaimed(services)).toBe(0);
    });
  });

  describe('expireDependencies', () => {
    it('cancels what waited too long for an upstream from outside, not before, and all that waits for it', async () => {
      await apply(services, [define('a'), define('b', { after: ['a'] }), define('c', { after: ['b'] })]);
      const id = await trigger(services, 'b');
      expect(await recordOf(services, id)).toMatchObject({ status: 'PENDING' });
      await fixture.setClockOffset(TIMEOUT_MS / 2);
      expect(await expireDependencies(services)).toBe(0);
      await fixture.setClockOffset(TIMEOUT_MS + 1000);
      const sweepers = [services, fixture.anotherProcess()];
      const cancelled = await Promise.all(sweepers.map(expireDependencies));
      expect(cancelled.reduce((sum, count) => sum + count, 0)).toBe(1);
      expect(await recordOf(services, id)).toMatchObject({ status: 'CANCELLED', reason: 'DEP_003_TIMEOUT' });
      expect(await executionsOf(services, 'c')).toMatchObject([
        { status: 'CANCELLED', reason: 'DEP_004_UPSTREAM_NOT_MET' },
      ]);
      expect(await services.runs.get(id)).toMatchObject({ status: 'failed', open: 0 });
    });

    it('goes by the time that the dependency says, then the job, then the configuration', async () => {
      await apply(services, [
        define('up'),
        define('own', {
          after: [{ upstream_job_id: 'up', timeout_seconds: 60 }],
          dependency_policy: { timeout_seconds: 240 },
        }),
        define('job', { after: ['up'], dependency_policy: { timeout_seconds: 120 } }),
        define('default', { after: ['up'] }),
      ]);
      for (const job of ['own', 'job', 'default']) await trigger(services, job);
      const cancelled = [];
      for (const offset of [61_000, 121_000, TIMEOUT_MS + 1000]) {
        await fixture.setClockOffset(offset);
        await expireDependencies(services);
        const { items } = await services.executions.list({ status: 'CANCELLED', limit: 10 });
        cancelled.push(
          items
            .map(({ job_id }) => job_id)
            .sort()
            .join(' '),
        );
      }
      expect(cancelled).toEqual(['own', 'job own', 'default job own']);
    });

    it('takes a changed DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS from the next run on', async () => {
      await apply(services, [define('up'), define('a', { after: ['up'] })]);
      await trigger(services, 'a');
      const patient = fixture.anotherProcess({ DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS: 3600 });
      const id = await trigger(patient, 'a');
      await fixture.setClockOffset(TIMEOUT_MS + 1000);
      expect(await expireDependencies(services)).toBe(1);
      expect(await recordOf(services, id)).toMatchObject({ status: 'PENDING' });
    });

    it('leaves alone what got its upstream in time', async () => {
      await apply(services, [define('a'), define('b', { after: ['a'] })]);
      const id = await trigger(services, 'b', { ignore_dependencies: true });
      await fixture.setClockOffset(TIMEOUT_MS + 1000);
      expect(await expireDependencies(services)).toBe(0);
      expect(await recordOf(services, id)).toMatchObject({ status: 'QUEUED' });
    });
  });

  it('promotes more retries than one round looks at, in two', async () => {
    const retry_policy = {
      max_attempts: 2,
      initial_delay_seconds: 1,
      jitter_factor: 0,
      retryable_errors: ['EXEC_006_MODULE_FAILED'],
    };
    await apply(services, [define('a', { retry_policy })]);
    const ids = await Promise.all(Array.from({ length: 230 }, () => trigger(services, 'a')));
    while (fixture.admitted.length > 0)
      await Promise.all(
        fixture.admitted.splice(0).map((id) => run(services, id, () => failWith('EXEC_006_MODULE_FAILED'))),
      );
    await fixture.setClockOffset(2000);
    expect(await promoteRetries(services)).toBe(200);
    expect(await promoteRetries(services)).toBe(30);
    expect(await promoteRetries(services)).toBe(0);
    expect(ids).toHaveLength(230);
  });

  it('carries on what one script leaves over, whoever calls', async () => {
    const leaves = Array.from({ length: 450 }, (_, n) => define(`leaf-${String(n)}`, { after: ['a'] }));
    await apply(services, [define('a'), ...leaves]);
    const id = await trigger(services, 'a');
    for (const event of ['CLAIM', 'SUCCEED', 'COMPLETE'] as const) {
      const claim = event === 'CLAIM' ? { executor_id: 'executor' } : {};
      await services.executions.transition({
        event,
        execution_id: id,
        nonce: 'n',
        actor: 'executor',
        ...claim,
      });
    }
    expect(await recordOf(services, id)).toMatchObject({ status: 'COMPLETING' });
    await Promise.all([carryOn(services), carryOn(fixture.anotherProcess())]);
    expect(await recordOf(services, id)).toMatchObject({ status: 'COMPLETED', revision: 5 });
    expect(await services.runs.executions(id)).toHaveLength(451);
  });
});
