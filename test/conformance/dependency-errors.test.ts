import { DEFAULT_CONFIG, dependencyErrorSchema } from '@phi/core';
import { expireDependencies, reportDependencyErrors, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { apply, define, openEngine, trigger, type EngineFixture } from './testing/engine-fixture.js';
import { fire, outcomesOf, runAll } from './testing/pipeline.js';

describe('what goes wrong with dependencies', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('dependency-errors');
    services = fixture.services;
    await fixture.registerExecutor('executor', 3_600_000);
  });
  afterEach(() => fixture.close());

  /** What is reported, all of it as specified. */
  const reported = () =>
    fixture.reported.map(({ queue, error }) => {
      expect(queue).toBe('phi_dependency_errors');
      expect(dependencyErrorSchema.safeParse(error).error).toBeUndefined();
      return error;
    });

  it('a missing upstream skips the execution, is reported, and is looked for again', async () => {
    await apply(services, [define('b', { after: ['a', 'c'] }), define('c')]);
    const id = await fire(services, 'b', Date.UTC(2025, 0, 6));
    expect(await outcomesOf(services, id)).toEqual({ b: 'CANCELLED DEP_001_MISSING_UPSTREAM' });
    expect(await reportDependencyErrors(services)).toBe(1);
    expect(reported()).toMatchObject([
      {
        job_id: 'b',
        dependency_id: 'b.a',
        error_type: 'MISSING_UPSTREAM',
        error_code: 'DEP_001_MISSING_UPSTREAM',
      },
    ]);
    expect(await reportDependencyErrors(services)).toBe(0);
    await apply(services, [define('a')]);
    for (const upstream of ['a', 'c']) await fire(services, upstream, Date.UTC(2025, 0, 6));
    expect((await runAll(fixture)).sort()).toEqual(['a', 'b', 'c']);
  });

  it('a wait that has run out names what was waited for', async () => {
    await apply(services, [
      define('a'),
      define('c'),
      define('b', {
        schedule: { schedule_type: 'CRON', cron_expression: '0 * * * *' },
        after: ['a', 'c'].map((upstream_job_id) => ({ upstream_job_id, timeout_seconds: 60 })),
      }),
    ]);
    await fire(services, 'a', Date.UTC(2025, 0, 6));
    await runAll(fixture);
    await fire(services, 'b', Date.UTC(2025, 0, 6));
    await fixture.setClockOffset(61_000);
    await expireDependencies(services);
    await reportDependencyErrors(services);
    expect(reported()).toMatchObject([
      {
        job_id: 'b',
        dependency_id: 'b.c',
        error_type: 'TIMEOUT',
        error_code: 'DEP_003_TIMEOUT',
        cycle_path: [],
      },
    ]);
    expect(await fixture.redis.hgetall(fixture.key('dependency_error_counts'))).toEqual({
      DEP_003_TIMEOUT: '1',
    });
  });

  it('a refused cycle is reported with its path, and a dry run reports nothing', async () => {
    const cycle = [define('a', { after: ['b'] }), define('b', { after: ['a'] })];
    await apply(services, cycle, { dry_run: true });
    expect(reported()).toEqual([]);
    await apply(services, cycle);
    expect(reported()).toMatchObject([{ error_type: 'CYCLE_DETECTED', cycle_path: ['a', 'b', 'a'] }]);
  });

  it('where cycles are not looked for, their members do not run, and say why at once', async () => {
    services = fixture.anotherProcess({ ...DEFAULT_CONFIG, DEPENDENCY_CYCLE_DETECTION_ENABLED: false });
    await apply(services, [
      define('a', { after: ['b'] }),
      define('b', { after: ['a'] }),
      define('behind', { after: ['b'] }),
      define('apart'),
    ]);
    const id = await trigger(services, 'a');
    expect(await outcomesOf(services, id)).toMatchObject({ a: 'CANCELLED DEP_002_CYCLE_DETECTED' });
    expect(await services.runs.get(id)).toMatchObject({ open: 0, status: 'failed' });
    await reportDependencyErrors(services);
    expect(reported()).toMatchObject([
      { job_id: 'a', dependency_id: 'a.b', error_type: 'CYCLE_DETECTED' },
      { job_id: 'b', dependency_id: 'b.a', error_type: 'CYCLE_DETECTED' },
    ]);
    await trigger(services, 'apart');
    expect(await runAll(fixture)).toEqual(['apart']);
    await trigger(services, 'a', { ignore_dependencies: true });
    expect(await runAll(fixture)).toEqual(['a']);
  });
});
