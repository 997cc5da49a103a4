import { orchestrationHealthStatusSchema } from '@phi/core';
import { fireSchedules, readHealth, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  failWith,
  openEngine,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

describe('readHealth', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(() => {
    fixture = openEngine('health');
    services = fixture.services;
  });
  afterEach(() => fixture.close());

  it('is the specification’s structure', async () => {
    const health = await readHealth(services);
    expect(orchestrationHealthStatusSchema.parse(health)).toEqual(health);
  });

  it('is UNHEALTHY while nothing can execute, and HEALTHY with an executor', async () => {
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'UNHEALTHY',
      executor_status: expect.stringMatching(/^UNHEALTHY/),
      active_executions: 0,
      queued_jobs: 0,
      error_rate_1h: 0,
      success_rate_24h: 1,
    });
    await fixture.registerExecutor('one', 60_000);
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'HEALTHY',
      executor_status: 'HEALTHY',
    });
  });

  it('is DEGRADED when one executor of two lets its lease run out, and UNHEALTHY when both do', async () => {
    await fixture.registerExecutor('one', 60_000);
    await fixture.registerExecutor('two', 600_000);
    await fixture.setClockOffset(61_000);
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'DEGRADED',
      executor_status: expect.stringContaining('1 of 2'),
    });
    await fixture.setClockOffset(601_000);
    expect(await readHealth(services)).toMatchObject({ overall_status: 'UNHEALTHY' });
  });

  it('is UNHEALTHY when fire times are overdue, unless schedules are switched off', async () => {
    await fixture.registerExecutor('one', 10_000_000);
    await apply(services, [define('a', { schedule: { schedule_type: 'INTERVAL', interval_seconds: 60 } })]);
    expect(await readHealth(services)).toMatchObject({ scheduler_status: 'HEALTHY' });
    await fixture.setClockOffset(60_000 + 35_000);
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'UNHEALTHY',
      scheduler_status: expect.stringMatching(/^UNHEALTHY.* 3\d s overdue/),
    });
    const off = fixture.anotherProcess({ SCHEDULER_ENABLED: false });
    expect(await readHealth(off)).toMatchObject({ overall_status: 'HEALTHY', scheduler_status: 'DISABLED' });
    await fireSchedules(services);
    expect(await readHealth(services)).toMatchObject({ overall_status: 'HEALTHY' });
  });

  it('is DEGRADED with a cycle in the graph', async () => {
    await fixture.registerExecutor('one');
    const lenient = fixture.anotherProcess({ DEPENDENCY_CYCLE_DETECTION_ENABLED: false });
    await apply(lenient, [define('a', { after: ['b'] }), define('b', { after: ['a'] })]);
    expect(await readHealth(services)).toMatchObject({
      overall_status: 'DEGRADED',
      dependency_resolver_status: expect.stringContaining('cycle'),
    });
  });

  it('counts what runs and waits, and the shares of the last hour and day', async () => {
    await fixture.registerExecutor('executor', 1_000_000_000);
    await apply(services, [define('a', { retry_policy: { max_attempts: 1 } })]);
    const ids = await Promise.all(Array.from({ length: 10 }, () => trigger(services, 'a')));
    for (const id of ids.slice(0, 4)) await run(services, id, () => succeedWith());
    await run(services, ids[4] ?? '', () => failWith('EXEC_005_INVALID_CONFIG'));
    await services.executions.transition({ event: 'CANCEL', execution_id: ids[5] ?? '', actor: 't' });
    for (const event of ['CLAIM', 'SUCCEED'] as const)
      await services.executions.transition({
        event,
        execution_id: ids[6] ?? '',
        nonce: 'n',
        actor: 't',
        ...(event === 'CLAIM' ? { executor_id: 'executor' } : {}),
      });
    const figures = { active_executions: 1, queued_jobs: 3, success_rate_24h: 0.8 };
    expect(await readHealth(services)).toMatchObject({ ...figures, error_rate_1h: 0.2 });
    await fixture.setClockOffset(3_700_000);
    expect(await readHealth(services)).toMatchObject({ ...figures, error_rate_1h: 0 });
    await fixture.setClockOffset(90_000_000);
    expect(await readHealth(services)).toMatchObject({ success_rate_24h: 1 });
  });
});
