import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  createRoot,
  openFixture,
  planEdge,
  planJob,
  planOf,
  runToEnd,
  type StoreFixture,
} from './testing/store-fixture.js';

describe('runs that take an unusual course', () => {
  let fixture: StoreFixture;
  beforeEach(() => {
    fixture = openFixture('courses');
  });
  afterEach(() => fixture.close());

  const register = (executor_id: string, pools: readonly string[] = []) =>
    fixture.stores.leases.register({
      executor_id,
      lease_ms: 600_000,
      places: 200,
      pools,
      information: {},
    });
  /** Fails where there is no end to it. */
  const carryOn = async (): Promise<void> => {
    let calls = 0;
    while (await fixture.stores.executions.advance()) expect(++calls).toBeLessThan(30);
  };
  const take = async (job: string): Promise<string> => {
    for (const id of fixture.admitted) {
      if ((await fixture.stores.executions.get(id))?.job_id === job) {
        fixture.admitted.splice(fixture.admitted.indexOf(id), 1);
        return id;
      }
    }
    throw new Error(`${job} not admitted`);
  };
  const statuses = async (runId: string): Promise<string[]> => {
    const records = await fixture.stores.executions.getMany(await fixture.stores.runs.executions(runId));
    return records.map((r) => `${r.job_id}.${String(r.pass)} ${r.status} ${r.reason ?? ''}`.trim()).sort();
  };

  it('a pool of more lanes than one call moves becomes dedicated', async () => {
    const jobs = Array.from({ length: 150 }, (_, n) =>
      planJob(`job-${String(n)}`, [], { resource_pool: 'AAA', request: [1000, 0, 0, 0] }),
    );
    await fixture.stores.executions.savePlan(planOf('plan', jobs));
    for (const job of jobs) await createRoot(fixture, 'plan', job.job_id);
    await fixture.stores.limits.change({ limits: new Map([['global', 1000]]) });
    await fixture.stores.limits.change({ pools: [{ name: 'AAA', dedicated: true }] });
    await carryOn();
    await register('own', ['AAA']);
    await carryOn();
    expect(fixture.admitted).toHaveLength(150);
  });

  it('what is held is not superseded by what comes to it afterwards', async () => {
    await register('executor');
    const d = (edges: Parameters<typeof planJob>[1]) =>
      planJob('d', edges, { queue_if_running: true, require_all: false });
    await fixture.stores.executions.savePlan(planOf('solo', [planJob('d', [], { queue_if_running: true })]));
    await fixture.stores.executions.savePlan(
      planOf('plan', [
        planJob('r'),
        planJob('a', [planEdge('r')]),
        planJob('b', [planEdge('r')]),
        d([planEdge('a'), planEdge('b'), planEdge('c', { inside: false })]),
      ]),
    );
    await createRoot(fixture, 'solo', 'd');
    const running = await take('d');
    const run = await createRoot(fixture, 'plan', 'r');
    await runToEnd(fixture, 'executor', await take('r'));
    await runToEnd(fixture, 'executor', await take('a'));
    await runToEnd(fixture, 'executor', await take('b'));
    await runToEnd(fixture, 'executor', running);
    expect(await statuses(run)).toContain('d.1 QUEUED');
  });

  it('two passes wait for each other where both come before a job', async () => {
    await register('executor');
    await fixture.stores.executions.savePlan(
      planOf('plan', [
        planJob('a'),
        planJob('r', [planEdge('a')]),
        planJob('s', [planEdge('a')]),
        planJob('u', [planEdge('r')]),
        planJob('d', [planEdge('u'), planEdge('s')]),
      ]),
    );
    const run = await createRoot(fixture, 'plan', 'a');
    await runToEnd(fixture, 'executor', await take('a'));
    const [r, s] = [await take('r'), await take('s')];
    await runToEnd(fixture, 'executor', r, false);
    await runToEnd(fixture, 'executor', s, false);
    const base = { run_id: run, actor: 'test', capacity: 1000 };
    expect(
      await fixture.stores.runs.openPass({
        ...base,
        expected_pass: 1,
        op: 'one',
        roots: [{ execution_id: r }],
        members: ['r', 'u', 'd'],
      }),
    ).toMatchObject({ ok: true });
    expect(
      await fixture.stores.runs.openPass({
        ...base,
        expected_pass: 2,
        op: 'two',
        roots: [{ execution_id: s }],
        members: ['s', 'd'],
      }),
    ).toMatchObject({ ok: true });
    await runToEnd(fixture, 'executor', await take('s'));
    await runToEnd(fixture, 'executor', await take('r'));
    await runToEnd(fixture, 'executor', await take('u'));
    expect((await statuses(run)).filter((x) => x.startsWith('d') && x.includes('QUEUED'))).toHaveLength(1);
  });

  it('what is delayed is queued though its upstream is run again and fails', async () => {
    await register('executor');
    await fixture.stores.executions.savePlan(
      planOf('plan', [planJob('a'), planJob('b', [planEdge('a', { window: { after_ms: 5000 } })])]),
    );
    const run = await createRoot(fixture, 'plan', 'a');
    await runToEnd(fixture, 'executor', await take('a'));
    await fixture.stores.runs.openPass({
      run_id: run,
      actor: 'test',
      capacity: 1000,
      expected_pass: 1,
      op: 'one',
      roots: [{ execution_id: run }],
      members: ['a'],
    });
    await runToEnd(fixture, 'executor', await take('a'), false);
    await fixture.setClockOffset(100_000);
    const b = (await fixture.stores.executions.getMany(await fixture.stores.runs.executions(run))).find(
      (x) => x.job_id === 'b',
    );
    await fixture.stores.executions.transition({
      event: 'ENQUEUE',
      execution_id: b?.execution_id ?? '',
      actor: 'test',
    });
    expect(await statuses(run)).not.toContain('b.1 PENDING');
  });

  it('a producer that is run again publishes for who still waits', async () => {
    await register('executor');
    await fixture.stores.executions.savePlan(
      planOf('plan', [
        planJob('r'),
        planJob('a', [planEdge('r')], { produces: ['x'] }),
        planJob('b', [planEdge('r')]),
        planJob('d', [planEdge('a', { dependency_type: 'DATA_READY', dataset: 'x' }), planEdge('b')], {
          require_all: false,
        }),
      ]),
    );
    const run = await createRoot(fixture, 'plan', 'r');
    await runToEnd(fixture, 'executor', await take('r'));
    const a = await take('a');
    await runToEnd(fixture, 'executor', a, false);
    await fixture.stores.runs.openPass({
      run_id: run,
      actor: 'test',
      capacity: 1000,
      expected_pass: 1,
      op: 'one',
      roots: [{ execution_id: a }],
      members: ['a'],
    });
    await runToEnd(fixture, 'executor', await take('a'));
    expect(await statuses(run)).toContain('d.1 QUEUED');
  });

  it('a rerun keeps its plan', async () => {
    await register('executor');
    await fixture.stores.executions.savePlan(planOf('p', [planJob('a'), planJob('b', [planEdge('a')])]));
    const run = await createRoot(fixture, 'p', 'a');
    await runToEnd(fixture, 'executor', await take('a'), false);
    await fixture.redis.expire(fixture.keys.key('plan:p'), 60);
    await fixture.stores.runs.openPass({
      run_id: run,
      actor: 'test',
      capacity: 1000,
      expected_pass: 1,
      op: 'one',
      roots: [{ execution_id: run }],
      members: ['a', 'b'],
    });
    expect(await fixture.redis.ttl(fixture.keys.key('plan:p'))).toBeGreaterThan(60);
  });
});
