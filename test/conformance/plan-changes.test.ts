import type { JobDefinition } from '@phi/core';
import { planChanges, type ApplyRequest, type PlannedChanges } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { apply, define, openEngine, type EngineFixture } from './testing/engine-fixture.js';

const HOURLY = { schedule_type: 'CRON', cron_expression: '0 * * * *' } as const;

describe('planChanges', () => {
  let fixture: EngineFixture;

  beforeEach(() => {
    fixture = openEngine('plan-changes');
  });
  afterEach(() => fixture.close());

  async function plan(
    definitions: readonly JobDefinition[],
    more: Partial<ApplyRequest> = {},
  ): Promise<PlannedChanges> {
    const { services } = fixture;
    const result = await apply(services, definitions, { ...more, dry_run: true });
    if (!result.ok) throw new Error(JSON.stringify(result));
    return planChanges(services, { definitions }, result);
  }

  it('says of each job what happens to it, and which fields differ', async () => {
    await apply(fixture.services, [define('a'), define('b'), define('c')]);
    const { changes } = await plan(
      [define('a', { timeout_seconds: 60, owner: 'ada' }), define('b'), define('new')],
      { removed: ['c'] },
    );
    expect(changes).toEqual([
      {
        job_id: 'a',
        change: 'UPDATED',
        revision: 2,
        fields: [
          { field: 'timeout_seconds', before: 3600, after: 60 },
          { field: 'owner', before: null, after: 'ada' },
        ],
      },
      { job_id: 'b', change: 'UNCHANGED', revision: 1 },
      { job_id: 'new', change: 'CREATED', revision: 1 },
      { job_id: 'c', change: 'REMOVED', revision: 1 },
    ]);
  });

  it('has the edges that come and go, those of jobs that are not applied among them', async () => {
    await apply(fixture.services, [
      define('a', { produces: ['raw'] }),
      define('b', { after: ['a'] }),
      define('c', { consumes: ['raw'], after: ['later', 'b'] }),
    ]);
    const { edges } = await plan([
      define('a', { produces: ['raw2'] }),
      define('b', { after: [{ upstream_job_id: 'a', dependency_type: 'COMPLETION' }] }),
      define('later'),
    ]);
    const words = (list: PlannedChanges['edges']['added']): string[] =>
      list.map(({ from, to, kind, type }) => [from, to, kind, type].join(' '));
    expect(words(edges.added)).toEqual(['a b DECLARED COMPLETION', 'later c DECLARED SUCCESS']);
    expect(words(edges.removed)).toEqual(['a b DECLARED SUCCESS', 'a c DATA DATA_READY']);
  });

  it('has the next fire times of what is registered, and those that would take their place', async () => {
    const { services } = fixture;
    const interval = { schedule_type: 'INTERVAL', interval_seconds: 600 } as const;
    await apply(services, [define('a', { schedule: HOURLY }), define('b', { schedule: interval })]);
    await fixture.setClockOffset(700_000);
    const { schedules } = await plan([
      define('a', { schedule: { ...HOURLY, cron_expression: '30 * * * *' } }),
      define('b', { schedule: interval, enabled: false }),
      define('c', { schedule: interval }),
    ]);
    expect(schedules.map(({ schedule_id }) => schedule_id)).toEqual([
      'a.schedule',
      'b.schedule',
      'c.schedule',
    ]);
    const [hourly, every, created] = schedules;
    const minutes = (times: readonly number[] = []): number[] =>
      times.map((ms) => new Date(ms).getUTCMinutes());
    expect([minutes(hourly?.before), minutes(hourly?.after)]).toEqual([
      [0, 0, 0],
      [30, 30, 30],
    ]);
    const state = await services.schedules.get('b.schedule');
    expect(every?.before).toEqual([1200, 1800, 2400].map((s) => (state?.anchor_ms ?? 0) + s * 1000));
    expect(every?.after).toEqual([]);
    expect(created).toMatchObject({
      before: [],
      after: [expect.any(Number), expect.any(Number), expect.any(Number)],
    });
  });

  it('is empty where nothing would change', async () => {
    const jobs = [define('a', { schedule: HOURLY }), define('b', { after: ['a'] })];
    await apply(fixture.services, jobs);
    expect(await plan(jobs)).toEqual({
      changes: [
        { job_id: 'a', change: 'UNCHANGED', revision: 1 },
        { job_id: 'b', change: 'UNCHANGED', revision: 1 },
      ],
      edges: { added: [], removed: [] },
      schedules: [],
    });
  });
});
