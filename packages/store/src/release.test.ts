import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { StoredPlan } from '@phi/core';
import fc from 'fast-check';

import {
  createRoot,
  openFixture,
  planEdge,
  planJob,
  planOf,
  runToEnd,
  type StoreFixture,
  setLimits,
} from './testing/store-fixture.js';

describe('release of dependents', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = openFixture('release');
    await fixture.stores.leases.register({
      executor_id: 'executor',
      lease_ms: 600_000,
      places: 1000,
      information: {},
    });
  });
  afterEach(() => fixture.close());

  /** Runs whatever is admitted, in an order that the test chooses, until nothing is. @returns the jobs run, in order */
  async function runAll(
    pick: (count: number) => number,
    fails: ReadonlySet<string> = new Set(),
  ): Promise<string[]> {
    const ran: string[] = [];
    while (fixture.admitted.length > 0) {
      const [id] = fixture.admitted.splice(pick(fixture.admitted.length), 1);
      const job = (await fixture.stores.executions.get(id ?? ''))?.job_id ?? '';
      await runToEnd(fixture, 'executor', id ?? '', !fails.has(job));
      ran.push(job);
    }
    return ran;
  }

  const first = (): number => 0;
  const statuses = async (runId: string): Promise<Record<string, string>> => {
    const records = await fixture.stores.executions.getMany(await fixture.stores.runs.executions(runId));
    return Object.fromEntries(
      records.map((record) => [
        record.job_id,
        record.reason === undefined ? record.status : `${record.status} ${record.reason}`,
      ]),
    );
  };

  it('runs a diamond once, whichever branch ends first', async () => {
    const diamond = planOf('diamond', [
      planJob('a'),
      planJob('b', [planEdge('a')]),
      planJob('c', [planEdge('a')]),
      planJob('d', [planEdge('b'), planEdge('c')]),
    ]);
    await fixture.stores.executions.savePlan(diamond);
    const run = await createRoot(fixture, 'diamond', 'a');
    expect(await runAll((count) => count - 1)).toEqual(['a', 'c', 'b', 'd']);
    expect(await fixture.stores.runs.get(run)).toMatchObject({ status: 'succeeded', open: 0 });
  });

  it('gives every job of a random graph one outcome, dependents after their upstreams', async () => {
    const graph = fc.record({
      size: fc.integer({ min: 2, max: 12 }),
      seed: fc.infiniteStream(fc.nat(1000)),
      failing: fc.array(fc.nat(11), { maxLength: 2 }),
    });
    let number = 0;
    await fc.assert(
      fc.asyncProperty(graph, async ({ size, seed, failing }) => {
        const draw = (below: number): number => (seed.next().value ?? 0) % below;
        const name = (n: number): string => `job-${String(n)}`;
        const jobs = Array.from({ length: size }, (_, n) => {
          const upstreams = new Set(n === 0 ? [] : [draw(n), draw(n)]);
          return planJob(
            name(n),
            [...upstreams].map((upstream) => planEdge(name(upstream))),
          );
        });
        const plan: StoredPlan = planOf(`random-${String(++number)}`, jobs);
        await fixture.stores.executions.savePlan(plan);
        const run = await createRoot(fixture, plan.plan_id, 'job-0', {
          execution_id: `random-root-${String(number)}`,
        });
        const fails = new Set(failing.map(name));
        const ran = await runAll(draw, fails);
        const doomed = new Set<string>();
        for (const job of jobs)
          if (job.edges.some((edge) => fails.has(edge.upstream_job_id) || doomed.has(edge.upstream_job_id)))
            doomed.add(job.job_id);
        expect([...ran].sort()).toEqual(
          jobs
            .map((job) => job.job_id)
            .filter((job) => !doomed.has(job))
            .sort(),
        );
        for (const job of jobs)
          for (const edge of job.edges)
            if (ran.includes(job.job_id))
              expect(ran.indexOf(edge.upstream_job_id)).toBeLessThan(ran.indexOf(job.job_id));
        const outcomes = await statuses(run);
        for (const job of jobs) {
          const wanted = doomed.has(job.job_id)
            ? 'CANCELLED DEP_004_UPSTREAM_NOT_MET'
            : fails.has(job.job_id)
              ? 'FAILED EXEC_006_MODULE_FAILED'
              : 'COMPLETED';
          expect([job.job_id, outcomes[job.job_id]]).toEqual([job.job_id, wanted]);
        }
        const failed = jobs.some((job) => fails.has(job.job_id));
        expect(await fixture.stores.runs.get(run)).toMatchObject({
          status: failed ? 'failed' : 'succeeded',
          open: 0,
        });
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('answers a replayed completion with the first answer, and releases nothing twice', async () => {
    await fixture.stores.executions.savePlan(planOf('chain', [planJob('a'), planJob('b', [planEdge('a')])]));
    const id = await createRoot(fixture, 'chain', 'a');
    await runToEnd(fixture, 'executor', fixture.admitted.shift() ?? '');
    const base = { execution_id: id, nonce: `nonce-${id}`, op: `nonce-${id}`, actor: 'executor' };
    const again = await Promise.all(
      [1, 2, 3].map(() => fixture.stores.executions.transition({ ...base, event: 'COMPLETE' })),
    );
    for (const answer of again)
      expect(answer).toMatchObject({ ok: true, status: 'COMPLETED', revision: 5, repeated: true });
    expect(fixture.admitted).toHaveLength(1);
    expect(await fixture.stores.runs.executions(id)).toHaveLength(2);
  });

  it('does not use a plan that was cut off in the middle', async () => {
    const plan = planOf('cut', [planJob('a'), planJob('b', [planEdge('a')])]);
    await fixture.stores.executions.savePlan(plan);
    await fixture.redis.hdel(fixture.keys.key('plan:cut'), 'complete', 'dependents:a');
    await expect(createRoot(fixture, 'cut', 'a')).rejects.toThrow('UNKNOWN_PLAN');
    await fixture.stores.executions.savePlan(plan);
    await createRoot(fixture, 'cut', 'a');
    expect(await runAll(first)).toEqual(['a', 'b']);
  });

  it('leaves a damaged record alone and reads the others', async () => {
    await fixture.stores.executions.savePlan(planOf('plan', [planJob('a')]));
    const [damaged, sound] = [await createRoot(fixture, 'plan', 'a'), await createRoot(fixture, 'plan', 'a')];
    await fixture.redis.set(fixture.keys.key(`x:${damaged}`), 'not a record');
    const read = await fixture.stores.executions.getMany([damaged, sound]);
    expect(read.map((record) => record.execution_id)).toEqual([sound]);
    const claim = (execution_id: string) =>
      fixture.stores.executions.transition({ event: 'CANCEL', execution_id, actor: 'test' });
    const answers = await Promise.all([claim(damaged), claim(sound)]);
    expect(answers).toMatchObject([
      { ok: false, refusal: 'CORRUPT_RECORD' },
      { ok: true, status: 'CANCELLED' },
    ]);
  });

  it('carries a fan-out beyond one script on, and completes the upstream with the last of it', async () => {
    const width = 350;
    const leaves = Array.from({ length: width }, (_, n) => planJob(`leaf-${String(n)}`, [planEdge('root')]));
    const join = planJob(
      'join',
      leaves.map((leaf) => planEdge(leaf.job_id)),
    );
    await fixture.stores.executions.savePlan(planOf('fan', [planJob('root'), ...leaves, join]));
    const run = await createRoot(fixture, 'fan', 'root');
    await runToEnd(fixture, 'executor', fixture.admitted.shift() ?? '');
    expect((await fixture.stores.executions.get(run))?.status).toBe('COMPLETING');
    let calls = 1;
    while (await fixture.stores.executions.advance()) calls += 1;
    expect(calls).toBe(3);
    expect((await fixture.stores.executions.get(run))?.status).toBe('COMPLETED');
    expect(await runAll(first)).toHaveLength(width + 1);
    expect(await fixture.stores.runs.get(run)).toMatchObject({ status: 'succeeded', open: 0 });
  }, 60_000);

  describe('from outside the run', () => {
    const TIMEOUT_MS = 3_600_000;
    const outside = (upstream: string, join: 'NEW' | 'LATEST') =>
      planEdge(upstream, { inside: false, join, timeout_ms: TIMEOUT_MS });

    it('NEW waits for an outcome that was not used up, from either side, once', async () => {
      await fixture.stores.executions.savePlan(
        planOf('from-a', [planJob('a'), planJob('d', [planEdge('a'), outside('b', 'NEW')])]),
      );
      await fixture.stores.executions.savePlan(
        planOf('from-b', [planJob('b'), planJob('d', [outside('a', 'NEW'), planEdge('b')])]),
      );
      await createRoot(fixture, 'from-a', 'a');
      expect(await runAll(first)).toEqual(['a']);
      await createRoot(fixture, 'from-b', 'b');
      expect(await runAll(first)).toEqual(['b', 'd']);
      await createRoot(fixture, 'from-b', 'b');
      expect(await runAll(first)).toEqual(['b']);
      await createRoot(fixture, 'from-a', 'a');
      expect(await runAll(first)).toEqual(['a', 'd']);
    });

    it('LATEST takes the latest success however often, and waits where there is none', async () => {
      await fixture.stores.executions.savePlan(planOf('reference', [planJob('b')]));
      await fixture.stores.executions.savePlan(
        planOf('from-a', [planJob('a'), planJob('d', [planEdge('a'), outside('b', 'LATEST')])]),
      );
      await createRoot(fixture, 'from-a', 'a');
      expect(await runAll(first)).toEqual(['a']);
      await createRoot(fixture, 'reference', 'b');
      expect(await runAll(first)).toEqual(['b', 'd']);
      await createRoot(fixture, 'from-a', 'a');
      expect(await runAll(first)).toEqual(['a', 'd']);
    });

    it('keeps the outcomes of a manual run to that run', async () => {
      await fixture.stores.executions.savePlan(planOf('from-a', [planJob('a')]));
      await fixture.stores.executions.savePlan(planOf('gated', [planJob('d', [outside('a', 'NEW')])]));
      const waiting = await createRoot(fixture, 'gated', 'd');
      await createRoot(fixture, 'from-a', 'a', { manual: true });
      expect(await runAll(first)).toEqual(['a']);
      expect((await fixture.stores.executions.get(waiting))?.status).toBe('PENDING');
    });

    it('cancels what depends on a job that is not registered, at once', async () => {
      await fixture.stores.executions.savePlan(
        planOf('stale', [planJob('d', [{ ...outside('gone', 'NEW'), missing: true }])]),
      );
      const id = await createRoot(fixture, 'stale', 'd');
      expect(await statuses(id)).toEqual({ d: 'CANCELLED DEP_001_MISSING_UPSTREAM' });
    });

    it('wakes thousands that wait for one outcome, a bounded number in a call', async () => {
      const waiting = 5000;
      await setLimits(fixture, new Map([['global', 100_000]]));
      await fixture.stores.executions.savePlan(planOf('upstream', [planJob('a')]));
      await fixture.stores.executions.savePlan(planOf('gated', [planJob('d', [outside('a', 'LATEST')])]));
      await Promise.all(Array.from({ length: waiting }, () => createRoot(fixture, 'gated', 'd')));
      await createRoot(fixture, 'upstream', 'a');
      await runToEnd(fixture, 'executor', fixture.admitted.shift() ?? '');
      let calls = 1;
      while (await fixture.stores.executions.advance()) calls += 1;
      expect(calls).toBeGreaterThanOrEqual(waiting / 100 - 1);
      const counts = await fixture.stores.executions.countByStatus();
      expect(counts).toMatchObject({ PENDING: 0, QUEUED: waiting, COMPLETED: 1 });
    }, 60_000);

    it('gives an outcome to the execution that has waited longest', async () => {
      await fixture.stores.executions.savePlan(planOf('upstream', [planJob('a')]));
      await fixture.stores.executions.savePlan(planOf('gated', [planJob('d', [outside('a', 'NEW')])]));
      const waiting: string[] = [];
      for (let n = 0; n < 3; n++) {
        await fixture.setClockOffset(n);
        waiting.push(await createRoot(fixture, 'gated', 'd'));
      }
      for (const id of waiting) {
        await createRoot(fixture, 'upstream', 'a');
        await runToEnd(fixture, 'executor', fixture.admitted.shift() ?? '');
        expect(fixture.admitted).toEqual([id]);
        await runToEnd(fixture, 'executor', fixture.admitted.shift() ?? '');
      }
    });

    it('cancels what has waited too long, and not before', async () => {
      await fixture.stores.executions.savePlan(planOf('gated', [planJob('d', [outside('never', 'NEW')])]));
      const waiting = await createRoot(fixture, 'gated', 'd');
      const abandon = () =>
        fixture.stores.executions.transition({
          event: 'ABANDON',
          execution_id: waiting,
          actor: 'test',
          reason: 'DEP_003_TIMEOUT',
        });
      expect(await abandon()).toMatchObject({ ok: false, refusal: 'NOT_DUE' });
      expect(await fixture.stores.executions.due('dependency_deadlines', 10)).toEqual([]);
      await fixture.setClockOffset(TIMEOUT_MS + 1);
      expect(await fixture.stores.executions.due('dependency_deadlines', 10)).toEqual([waiting]);
      expect(await abandon()).toMatchObject({ ok: true, status: 'CANCELLED' });
      expect(await fixture.stores.runs.get(waiting)).toMatchObject({ status: 'failed', open: 0 });
    });
  });
});
