import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startRedisServer, type RedisServer } from '@phi/testkit';
import { Redis } from 'ioredis';

import { openStores } from './open-store.js';
import { planJob, planOf } from './testing/store-fixture.js';

describe('at the memory limit of Redis', () => {
  let server: RedisServer;
  let redis: Redis;

  beforeEach(async () => {
    server = await startRedisServer();
    redis = new Redis(server.url);
  });
  afterEach(async () => {
    redis.disconnect();
    await server.stop();
  });

  it('refuses new executions, and lets what runs keep its lease and come to its end', async () => {
    const { executions, events, exhaustion, leases } = openStores(redis, 'full', {
      onAdmitted: () => undefined,
      onMore: () => undefined,
      onConditions: () => undefined,
      onUnreadable: () => undefined,
    });
    await executions.savePlan(planOf('plan', [planJob('a')]));
    await leases.register({ executor_id: 'executor', lease_ms: 60_000, places: 2, information: {} });
    const root = (execution_id: string) =>
      executions.create({
        execution_id,
        plan_id: 'plan',
        job_id: 'a',
        run_id: execution_id,
        trigger_type: 'MANUAL',
        trigger_id: 'test',
        actor: 'test',
      });
    await root('one');
    const base = { execution_id: 'one', nonce: 'n', op: 'n', actor: 'executor' };
    await executions.transition({ ...base, event: 'CLAIM', executor_id: 'executor' });
    await redis.config('SET', 'maxmemory', '1');
    const refusal = { ok: false, refusal: 'EXHAUSTED', reason: 'RES_001_MEMORY_EXHAUSTED' };
    expect(await Promise.all([root('two'), root('three')])).toEqual([refusal, refusal]);
    const event = {
      source: 's',
      id: '1',
      event: '{}',
      depth: 0,
      too_deep: false,
      hold: true,
      capacity: 10,
      actor: 'test',
    };
    expect(await events.accept({ ...event, deliveries: [] })).toEqual(refusal);
    const full = {
      source: 'REDIS',
      resource_type: 'MEMORY',
      code: 'RES_001_MEMORY_EXHAUSTED',
      usage: 1,
      threshold: 0.9,
      actions: ['PAUSE_SCHEDULING'],
      reject_below: 0,
    } as const;
    await exhaustion.report({ measurer: 'recovery', lapses_ms: 60_000, exhausted: [full] });
    expect((await exhaustion.read()).exhausted).toMatchObject([{ ...full, in_force: ['PAUSE_SCHEDULING'] }]);
    expect(await leases.renew('executor', 60_000)).toMatchObject({ held: true });
    const ended = await executions.transition({ ...base, event: 'SUCCEED', result: '{}', completes: true });
    expect(ended).toMatchObject({ ok: true, status: 'COMPLETED' });
    await redis.config('SET', 'maxmemory', '0');
    expect(await root('two')).toMatchObject({ ok: true, created: true });
  });
});
