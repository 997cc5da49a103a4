import { DEFAULT_CONFIG } from '@phi/core';
import { CatalogReader } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  openEngine,
  registerUnchecked,
  type EngineFixture,
} from './testing/engine-fixture.js';

const EVERY_MINUTE = { schedule_type: 'INTERVAL', interval_seconds: 60 } as const;

describe('applyDefinitions', () => {
  let fixture: EngineFixture;

  beforeEach(() => {
    fixture = openEngine('apply');
  });
  afterEach(() => fixture.close());

  async function changesOf(...args: Parameters<typeof apply>): Promise<string[]> {
    const result = await apply(...args);
    if (!result.ok) throw new Error(JSON.stringify(result));
    return result.changes.map(({ job_id, change, revision }) => `${job_id} ${change} ${String(revision)}`);
  }

  /** Everything that a registration can have written. */
  async function registered(): Promise<unknown> {
    const jobs = await fixture.services.jobs.all();
    return {
      graph_id: await fixture.services.jobs.graphId(),
      jobs: jobs.map(({ job_id, revision }) => `${job_id}@${String(revision)}`).sort(),
      nextDue: await fixture.services.schedules.nextDue(),
    };
  }

  it('says what it created, what it updated and what was so already', async () => {
    const { services } = fixture;
    expect(await changesOf(services, [define('a'), define('b', { after: ['a'] })])).toEqual([
      'a CREATED 1',
      'b CREATED 1',
    ]);
    const next = [define('a'), define('b', { after: ['a'], timeout_seconds: 7 }), define('c')];
    expect(await changesOf(services, next)).toEqual(['a UNCHANGED 1', 'b UPDATED 2', 'c CREATED 1']);
    expect(await changesOf(services, next)).toEqual(['a UNCHANGED 1', 'b UNCHANGED 2', 'c UNCHANGED 1']);
    expect((await services.jobs.revisions('b')).map(({ revision }) => revision)).toEqual([1, 2]);
  });

  it('keeps who changed what, when and why', async () => {
    const { services } = fixture;
    const before = await services.schedules.now();
    await apply(services, [define('a')], { author: 'ada', reason: 'begin' });
    const [revision] = await services.jobs.revisions('a');
    expect(revision).toMatchObject({ job_id: 'a', revision: 1, author: 'ada', reason: 'begin' });
    expect(revision?.time).toBeGreaterThanOrEqual(before);
    expect(revision?.time).toBeLessThanOrEqual(await services.schedules.now());
    expect(JSON.parse(revision?.definition ?? '')).toEqual(define('a'));
  });

  it('changes nothing in a dry run, and answers as the run itself does', async () => {
    const { services } = fixture;
    await apply(services, [define('a'), define('old')]);
    const before = [await registered(), (await fixture.redis.keys(`${fixture.key('')}*`)).sort()];
    const change = [define('a', { timeout_seconds: 9 }), define('new', { schedule: EVERY_MINUTE })];
    const request = { removed: ['old'] };
    const planned = await apply(services, change, { ...request, dry_run: true });
    expect([await registered(), (await fixture.redis.keys(`${fixture.key('')}*`)).sort()]).toEqual(before);
    expect(await apply(services, change, request)).toEqual(planned);
    expect(await registered()).not.toEqual(before[0]);
  });

  it('refuses a cycle with its path and registers nothing, the innocent jobs beside it included', async () => {
    const { services } = fixture;
    await apply(services, [define('a')]);
    const before = await registered();
    const result = await apply(services, [
      define('innocent', { schedule: EVERY_MINUTE }),
      define('a', { after: ['c'] }),
      define('b', { after: ['a'] }),
      define('c', { after: ['b'] }),
    ]);
    const cycle = { kind: 'CYCLE', job_id: 'b', value: ['a', 'b', 'c', 'a'] };
    expect(result).toMatchObject({ ok: false, refusal: 'INVALID_GRAPH', issues: [cycle] });
    expect(await registered()).toEqual(before);
    expect(await services.jobs.revisions('b')).toEqual([]);
  });

  it('names every cycle at once, however many jobs are applied', async () => {
    const { services } = fixture;
    const rings = Array.from({ length: 10 }, (_, n) => [
      define(`${String(n)}-a`, { after: [`${String(n)}-b`] }),
      define(`${String(n)}-b`, { after: [`${String(n)}-a`] }),
    ]);
    for (const count of [2, 10]) {
      const result = await apply(services, rings.slice(0, count).flat());
      expect('issues' in result ? result.issues : []).toHaveLength(count);
    }
  });

  it('compiles a few changes one by one to the graph that many at once make', async () => {
    const { services } = fixture;
    const names = Array.from({ length: 15 }, (_, n) => `j${String(n)}`);
    const jobs = names.map((name, n) => define(name, { after: n === 0 ? [] : [names[n - 1] ?? ''] }));
    for (const job of jobs) await apply(services, [job]);
    const one = (await services.catalog.current()).graph;
    await apply(services, [], { removed: names });
    const again = await apply(services, jobs, { dry_run: true });
    expect(again).toMatchObject({ ok: true, graph: { edges: one.edges, critical_path: names } });
  });

  it('refuses a cycle that only closes with a job registered before', async () => {
    const { services } = fixture;
    await apply(services, [define('a', { after: ['b'] })]);
    expect(await apply(services, [define('b', { after: ['a'] })])).toMatchObject({
      refusal: 'INVALID_GRAPH',
    });
  });

  it('registers a cycle where DEPENDENCY_CYCLE_DETECTION_ENABLED is false, and says that the graph is invalid', async () => {
    const lenient = fixture.anotherProcess({ DEPENDENCY_CYCLE_DETECTION_ENABLED: false });
    const result = await apply(lenient, [define('a', { after: ['b'] }), define('b', { after: ['a'] })]);
    expect(result).toMatchObject({ ok: true, graph: { is_valid: false } });
    expect((await lenient.jobs.all()).map(({ job_id }) => job_id).sort()).toEqual(['a', 'b']);
  });

  it('names every job that is to be removed and is not there, and removes none', async () => {
    const { services } = fixture;
    await apply(services, [define('a')]);
    const result = await apply(services, [], { removed: ['a', 'ghost', 'shade'] });
    expect(result).toEqual({ ok: false, refusal: 'UNKNOWN_JOB', job_ids: ['ghost', 'shade'] });
    expect((await services.jobs.all()).map(({ job_id }) => job_id)).toEqual(['a']);
  });

  it('gives a job that comes back a revision after its last', async () => {
    const { services } = fixture;
    await apply(services, [define('a')]);
    await apply(services, [define('a', { timeout_seconds: 5 })]);
    expect(await changesOf(services, [], { removed: ['a'] })).toEqual(['a REMOVED 2']);
    expect(await services.jobs.all()).toEqual([]);
    expect(await changesOf(services, [define('a')])).toEqual(['a CREATED 3']);
    expect((await services.jobs.revisions('a')).map(({ revision }) => revision)).toEqual([1, 2, 3]);
  });

  describe('at the same time as another process', () => {
    it('both land, whole', async () => {
      const both = [fixture.services, fixture.anotherProcess()];
      await Promise.all(both.map((services) => services.catalog.current()));
      const results = await Promise.all(
        both.map((services, n) => apply(services, [define(`x-${String(n)}`), define(`y-${String(n)}`)])),
      );
      expect(results.map(({ ok }) => ok)).toEqual([true, true]);
      expect(await registered()).toMatchObject({ jobs: ['x-0@1', 'x-1@1', 'y-0@1', 'y-1@1'] });
    });

    it('ten that change the same job make ten revisions, or say CONFLICT and make none', async () => {
      const others = Array.from({ length: 10 }, () => fixture.anotherProcess());
      const results = await Promise.all(
        others.map((services, n) =>
          apply(services, [
            define('job', { timeout_seconds: n + 1 }),
            define('twin', { timeout_seconds: n + 1 }),
          ]),
        ),
      );
      const landed = results.filter((result) => result.ok).length;
      for (const result of results) if (!result.ok) expect(result.refusal).toBe('CONFLICT');
      expect(landed).toBeGreaterThan(0);
      const revisions = await fixture.services.jobs.revisions('job');
      expect(revisions.map(({ revision }) => revision)).toEqual(
        Array.from({ length: landed }, (_, n) => n + 1),
      );
      const [job, twin] = (await fixture.services.jobs.all()).map(
        ({ definition }) => (JSON.parse(definition) as { timeout_seconds: number }).timeout_seconds,
      );
      expect(job).toBe(twin);
    });

    it('takes away what came while it read the register', async () => {
      const other = fixture.anotherProcess();
      await apply(other, [define('a')]);
      const { jobs } = fixture.services;
      let before: Promise<unknown> | undefined;
      // The other registers between this one's look at the graph's id and its look at the jobs.
      const all: typeof jobs.all = async () => {
        before ??= apply(other, [define('x')]);
        await before;
        return jobs.all();
      };
      const catalog = new CatalogReader(
        Object.assign(Object.create(jobs) as typeof jobs, { all }),
        DEFAULT_CONFIG,
      );
      const result = await apply({ ...fixture.services, catalog }, [], { removed: ['x'] });
      expect(result).toMatchObject({ ok: true, changes: [{ job_id: 'x', change: 'REMOVED' }] });
      expect(await registered()).toMatchObject({ jobs: ['a@1'] });
    });

    it('no two close a cycle together', async () => {
      const [one, other] = [fixture.services, fixture.anotherProcess()];
      await apply(one, [define('a'), define('b')]);
      await other.catalog.current();
      const results = await Promise.all([
        apply(one, [define('a', { after: ['b'] })]),
        apply(other, [define('b', { after: ['a'] })]),
      ]);
      const refusals = results.map((result) => (result.ok ? 'ok' : result.refusal));
      expect(refusals.sort()).toEqual(['INVALID_GRAPH', 'ok']);
      expect((await fixture.services.catalog.current()).graph.is_valid).toBe(true);
    });
  });

  describe('schedules', () => {
    const scheduled = (more: Parameters<typeof define>[1] = {}) =>
      define('ticking', { schedule: EVERY_MINUTE, ...more });
    const nextOf = async () => (await fixture.services.schedules.get('ticking.schedule'))?.next_ms;

    it('keep their fire time when something else of the job changes', async () => {
      await apply(fixture.services, [scheduled()]);
      const next = await nextOf();
      expect(next).toBeGreaterThan(0);
      await fixture.setClockOffset(30_000);
      await apply(fixture.services, [scheduled({ timeout_seconds: 5 })]);
      expect(await nextOf()).toBe(next);
      expect(await fixture.services.schedules.nextDue()).toBe(next);
    });

    it('keep a fire time that is due already: no tick falls between two revisions', async () => {
      await apply(fixture.services, [scheduled()]);
      const next = await nextOf();
      await fixture.setClockOffset(3_600_000);
      await apply(fixture.services, [scheduled({ timeout_seconds: 5 })]);
      expect(await nextOf()).toBe(next);
    });

    it('begin anew when they change themselves', async () => {
      await apply(fixture.services, [scheduled()]);
      await fixture.setClockOffset(30_000);
      const now = await fixture.services.schedules.now();
      await apply(fixture.services, [scheduled({ schedule: { ...EVERY_MINUTE, interval_seconds: 90 } })]);
      expect(await nextOf()).toBeGreaterThanOrEqual(now + 90_000);
    });

    it.each([
      ['the job is disabled', { enabled: false }],
      ['the schedule is taken away', { schedule: null }],
    ])('stop when %s, and begin again with it', async (_what, change) => {
      await apply(fixture.services, [scheduled()]);
      await apply(fixture.services, [scheduled(change)]);
      expect(await fixture.services.schedules.nextDue()).toBeUndefined();
      await apply(fixture.services, [scheduled()]);
      expect(await fixture.services.schedules.nextDue()).toBeGreaterThan(0);
    });

    it('stop when the job is removed', async () => {
      await apply(fixture.services, [scheduled()]);
      await apply(fixture.services, [], { removed: ['ticking'] });
      expect(await fixture.services.schedules.nextDue()).toBeUndefined();
    });

    it('take their pauses with the job, one that was disabled as well', async () => {
      await apply(fixture.services, [scheduled()]);
      await fixture.services.schedules.pause('ticking.schedule');
      await apply(fixture.services, [scheduled({ enabled: false })]);
      await apply(fixture.services, [], { removed: ['ticking'] });
      await apply(fixture.services, [scheduled()]);
      expect(await fixture.services.schedules.get('ticking.schedule')).toMatchObject({ pauses: [] });
    });

    it('can be mended while they are due and cannot be evaluated', async () => {
      const now = await fixture.services.schedules.now();
      const broken = scheduled({ schedule: { ...EVERY_MINUTE, timezone: 'Europe/Atlantis' } });
      const schedule = { schedule_id: 'ticking.schedule', digest: 'd', from_ms: now, next_ms: now + 60_000 };
      await registerUnchecked(fixture.services, broken, { schedule });
      await fixture.setClockOffset(90_000);
      expect(await apply(fixture.services, [scheduled()])).toMatchObject({ ok: true });
      expect(fixture.reported).toMatchObject([{ queue: 'phi_scheduling_errors' }]);
      expect(await nextOf()).toBeGreaterThan(now + 90_000);
    });

    it('leave no fire time of a schedule that has got another id', async () => {
      await apply(fixture.services, [scheduled()]);
      await apply(fixture.services, [scheduled({ schedule: { ...EVERY_MINUTE, schedule_id: 'renamed' } })]);
      expect(await fixture.services.schedules.due(Number.MAX_SAFE_INTEGER, 10)).toMatchObject([
        { schedule_id: 'renamed', job_id: 'ticking' },
      ]);
    });
  });

  describe('with a limit to what all schedules together may ask for', () => {
    const every = (interval_seconds: number) => ({ schedule_type: 'INTERVAL', interval_seconds }) as const;
    const limited = (limit: number) => fixture.anotherProcess({ SCHEDULER_MAX_FIRINGS_PER_SECOND: limit });

    it('refuses what goes beyond it, names those that ask most, and changes nothing', async () => {
      const services = limited(2);
      await apply(services, [
        define('often', { schedule: every(1) }),
        define('rarely', { schedule: every(10) }),
        define('off', { schedule: every(1), enabled: false }),
        define('once', { schedule: { schedule_type: 'ONCE', run_at: '2030-01-01T00:00:00Z' } }),
      ]);
      const before = await registered();
      const more = [
        define('more', { schedule: { schedule_type: 'CRON', cron_expression: '* * * * * *' } }),
        define('apart'),
      ];
      for (const dry_run of [true, false])
        expect(await apply(services, more, { dry_run })).toEqual({
          ok: false,
          refusal: 'TOO_FREQUENT',
          firings_per_second: 2.1,
          most: [
            { job_id: 'often', schedule_id: 'often.schedule', firings_per_second: 1 },
            { job_id: 'more', schedule_id: 'more.schedule', firings_per_second: 1 },
            { job_id: 'rarely', schedule_id: 'rarely.schedule', firings_per_second: 0.1 },
          ],
        });
      expect(await registered()).toEqual(before);
      expect(await apply(services, more, { removed: ['rarely'] })).toMatchObject({ ok: true });
    });

    it('takes the limit itself, however many add up to it', async () => {
      const services = limited(1);
      const tenth = Array.from({ length: 10 }, (_, n) => define(`job-${String(n)}`, { schedule: every(10) }));
      expect(await apply(services, tenth)).toMatchObject({ ok: true });
      expect(await apply(services, [define('drop', { schedule: every(86_400) })])).toMatchObject({
        ok: false,
      });
    });

    it('lets through what makes it no worse where the limit was lowered', async () => {
      await apply(limited(10), [define('a', { schedule: every(1) }), define('b', { schedule: every(1) })]);
      const services = limited(1);
      const again = [define('a', { schedule: every(1), timeout_seconds: 7 })];
      expect(await apply(services, again)).toMatchObject({ ok: true });
      expect(await apply(services, [define('a', { schedule: every(2) })])).toMatchObject({ ok: true });
      expect(await apply(services, [define('a', { schedule: every(1) })])).toMatchObject({
        refusal: 'TOO_FREQUENT',
        firings_per_second: 2,
      });
      expect(await apply(services, [], { removed: ['b'] })).toMatchObject({ ok: true });
    });
  });
});
