import {
  carryOn,
  decideConditions,
  fireSchedules,
  mendState,
  openWindows,
  rerunRun,
  sweepOpenExecutions,
  type Services,
} from '@phi/engine';
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
import { fire, outcomeOf, runAll } from './testing/pipeline.js';
import { withMethods } from './testing/with-methods.js';

const AT = 1_700_000_000_000;
const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAYS = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;

const DAMAGES = ['flipped', 'cut off', 'gone', 'gone altogether', 'of another type'] as const;
type How = (typeof DAMAGES)[number];

interface World {
  readonly plan: string;
  readonly join: string;
  readonly gather: string;
  readonly maybe: string;
}

/** A field of a hash. */
interface Target {
  readonly key: (world: World) => string;
  readonly field: string;
  /** Damages of which nobody can tell: nothing is decided by what is absent, or nothing wrongly. */
  readonly untold?: readonly How[];
}

const TARGETS: Readonly<Record<string, Target>> = {
  'the plan of a dependent': { key: ({ plan }) => `plan:${plan}`, field: 'job:join' },
  'the plan of one that runs': { key: ({ plan }) => `plan:${plan}`, field: 'job:right' },
  'the dependents of one that runs': { key: ({ plan }) => `plan:${plan}`, field: 'dependents:right' },
  'the edges of a join': { key: ({ join }) => `edges:${join}`, field: 'left' },
  'the edges of a gathering': { key: ({ gather }) => `edges:${gather}`, field: 'other' },
  'a condition that is asked': { key: ({ maybe }) => `edges:${maybe}`, field: 'root' },
  'the outcomes of an upstream': { key: () => 'outcomes', field: 'other' },
  'the number of outcomes': {
    key: () => 'outcome_numbers',
    field: 'other',
    untold: ['flipped', 'cut off', 'gone', 'gone altogether'],
  },
  'the gathering of a job': {
    key: () => 'gathering',
    field: 'gather',
    untold: ['flipped', 'cut off', 'gone', 'gone altogether'],
  },
  'what is used up': { key: () => 'consumed', field: 'gather|other', untold: ['gone', 'gone altogether'] },
};

function flip(bytes: Buffer): Buffer {
  const flipped = Buffer.from(bytes);
  const middle = Math.floor(bytes.length / 2);
  flipped[middle] = (flipped[middle] ?? 0) ^ 1;
  return flipped;
}

const named = (upstream_job_id: string): { upstream_job_id: string; dependency_id: string } => ({
  upstream_job_id,
  dependency_id: upstream_job_id,
});

const CONDITIONAL = { ...named('root'), condition: 'upstream.status == "COMPLETED"' };

describe('what is damaged beside records', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('damaged-state');
    services = fixture.services;
    await fixture.registerExecutor('executor');
  });
  afterEach(() => fixture.close());

  async function damage(suffix: string, field: string, how: How): Promise<void> {
    const { redis } = fixture;
    const key = fixture.key(suffix);
    const bytes = await redis.hgetBuffer(key, field);
    if (bytes === null) throw new Error(`there is no ${field} in ${key}`);
    if (how === 'gone') await redis.hdel(key, field);
    else if (how === 'gone altogether' || how === 'of another type') await redis.del(key);
    else await redis.hset(key, field, how === 'flipped' ? flip(bytes) : bytes.subarray(0, bytes.length / 2));
    if (how === 'of another type') await redis.set(key, 'a text');
  }

  const idOf = async (job: string): Promise<string> =>
    (await executionsOf(services, job))[0]?.execution_id ?? '';

  /** What became of a job's executions, the newest first; those that gave way to a later run's are left out. */
  const ran = async (job: string): Promise<string[]> =>
    (await executionsOf(services, job)).map(outcomeOf).filter((outcome) => !outcome.endsWith('SUPERSEDED'));

  async function take(job: string): Promise<string> {
    const id = await idOf(job);
    fixture.admitted.splice(fixture.admitted.indexOf(id), 1);
    return id;
  }

  async function drive(): Promise<void> {
    for (let round = 0; round < 2; round++) {
      await runAll(fixture);
      await mendState(services);
      await carryOn(services);
      await decideConditions(services);
    }
    await runAll(fixture);
  }

  async function start(...jobs: readonly string[]): Promise<void> {
    for (const job of jobs) await fire(services, job, AT + fires++);
    await drive();
  }
  let fires = 0;

  /** Two that end in one call of a script. */
  async function endTogether(ids: readonly string[]): Promise<void> {
    for (const execution_id of ids)
      await services.executions.transition({
        event: 'CLAIM',
        execution_id,
        executor_id: 'executor',
        nonce: execution_id,
        op: execution_id,
        actor: 'executor',
      });
    const ends = ids.map((execution_id) =>
      services.executions.transition({
        event: 'SUCCEED',
        execution_id,
        nonce: execution_id,
        op: `${execution_id} end`,
        actor: 'executor',
        completes: true,
      }),
    );
    for (const result of await Promise.all(ends)) expect(result).toMatchObject({ ok: true });
  }

  const toldOf = (): readonly unknown[] =>
    fixture.reported.flatMap(({ error }) => ('state_type' in error ? error.state_type : []));

  describe('in a run with a diamond, a gathering and a condition', () => {
    /** Where the join, the gathering and the condition wait. */
    async function begin(): Promise<World> {
      await apply(services, [
        define('root'),
        define('left', { after: ['root'] }),
        define('right', { after: ['root'] }),
        define('join', { after: [named('left'), named('right')] }),
        define('other'),
        define('later'),
        define('gather', { after: [named('root'), named('other'), named('later')] }),
        define('maybe', { after: [CONDITIONAL] }),
        define('neighbour'),
        define('beside', { after: ['neighbour'] }),
      ]);
      await start('other');
      await fire(services, 'root', AT + fires++);
      await run(services, await take('root'), () => succeedWith());
      await run(services, await take('left'), () => succeedWith());
      await fixture.redis.hset(fixture.key('consumed'), 'gather|other', '5|1');
      const [join = '', gather = '', maybe = ''] = await Promise.all(['join', 'gather', 'maybe'].map(idOf));
      return { plan: (await recordOf(services, join)).plan_id, join, gather, maybe };
    }

    const ALL_ONCE = { root: 1, left: 1, right: 1, join: 1, maybe: 1, neighbour: 1, beside: 1 };

    async function expectRan(times: Readonly<Record<string, number>>): Promise<void> {
      for (const [job, count] of Object.entries(times))
        expect([job, await ran(job)]).toEqual([job, Array(count).fill('COMPLETED')]);
    }

    const cases = Object.entries(TARGETS).flatMap(([name, target]) =>
      DAMAGES.map((how) => [name, how, target] as const),
    );
    it.each(cases)(
      '%s, %s: nobody else is harmed, and all goes on as if nothing were',
      async (_, how, target) => {
        const world = await begin();
        await damage(target.key(world), target.field, how);
        await fire(services, 'neighbour', AT + fires++);
        await endTogether([await take('neighbour'), await take('right')]);
        await drive();
        await start('later');
        await expectRan({ ...ALL_ONCE, gather: 1 });
        // What was used up is not used again.
        await start('root');
        expect(await ran('gather')).toEqual(['PENDING', 'COMPLETED']);
        await start('other', 'later');
        await expectRan({ root: 2, left: 2, right: 2, join: 2, maybe: 2, gather: 2 });
        expect(await fixture.redis.zcard(fixture.key('active'))).toBe(0);
        expect(new Set(toldOf())).toEqual(
          new Set(target.untold?.includes(how) === true ? [] : ['DEPENDENCY_STATE']),
        );
      },
    );
  });

  it('an outcome that was taken once and is lost with the edge ends the execution, and nobody waits for it', async () => {
    await apply(services, [
      define('orders'),
      define('rates'),
      define('bill', { after: [{ ...named('orders'), join: 'EACH' }, named('rates')] }),
      define('archive', { after: ['bill'] }),
    ]);
    await fire(services, 'orders', AT + fires++);
    await runAll(fixture);
    const waiting = await idOf('bill');
    await damage(`edges:${waiting}`, 'orders', 'flipped');
    await start('rates');
    expect(await recordOf(services, waiting)).toMatchObject({
      status: 'CANCELLED',
      reason: 'STATE_009_DEPENDENCY_STATE_LOST',
    });
    expect(toldOf()).toEqual(['DEPENDENCY_STATE']);
    expect(await ran('archive')).toEqual(['CANCELLED DEP_004_UPSTREAM_NOT_MET']);
    // The next outcome is taken by the next.
    await start('orders', 'rates');
    expect(await ran('bill')).toContain('COMPLETED');
  });

  describe('a plan that cannot be made again, because a job was removed', () => {
    it('is given up: what waits ends, what runs ends without dependents, and it is told', async () => {
      await apply(services, [
        define('root'),
        define('left', { after: ['root'] }),
        define('right', { after: ['root'] }),
        define('join', { after: [named('left'), named('right')] }),
        define('last', { after: ['join'] }),
      ]);
      const root = await trigger(services, 'root');
      await run(services, await take('root'), () => succeedWith());
      await run(services, await take('left'), () => succeedWith());
      const { plan_id } = await recordOf(services, root);
      await apply(services, [], { removed: ['last'] });
      await damage(`plan:${plan_id}`, 'dependents:right', 'flipped');
      await drive();
      expect([await ran('right'), await ran('join'), await ran('last')]).toEqual([
        ['COMPLETED'],
        ['CANCELLED STATE_009_DEPENDENCY_STATE_LOST'],
        [],
      ]);
      expect(await services.runs.get(root)).toMatchObject({ status: 'failed', open: 0 });
      expect(fixture.reported.at(-1)).toMatchObject({
        error_code: 'STATE_009_DEPENDENCY_STATE_LOST',
        error: { execution_id: root, state_type: 'DEPENDENCY_STATE', recovery_successful: false },
      });
    });

    it.each(['there', 'of another type'])(
      'what one that waits had taken goes back to its queue, %s, and another that waits takes it',
      async (how) => {
        const orders = { ...named('orders'), join: 'EACH', condition: CONDITIONAL.condition } as const;
        await apply(services, [
          define('orders'),
          define('rates'),
          define('bill', { after: [orders, named('rates')] }),
          define('last', { after: ['bill'] }),
        ]);
        await fire(services, 'orders', AT + fires++);
        await run(services, await take('orders'), () => succeedWith());
        const first = await idOf('bill');
        const conditions = fixture.key('conditions');
        expect(await fixture.redis.zrange(conditions, '0', '-1')).toEqual([`${first}|orders`]);
        const { plan_id } = await recordOf(services, first);
        await apply(services, [], { removed: ['last'] });
        await damage(`plan:${plan_id}`, 'job:bill', 'flipped');
        await fire(services, 'rates', AT + fires++);
        await run(services, await take('rates'), () => succeedWith());
        const second = await idOf('bill');
        expect([second === first, (await recordOf(services, second)).status]).toEqual([false, 'PENDING']);
        const queue = fixture.key('each:bill|orders');
        if (how === 'of another type') await fixture.redis.set(queue, 'a text');
        await mendState(services);
        expect(await recordOf(services, first)).toMatchObject({
          status: 'CANCELLED',
          reason: 'STATE_009_DEPENDENCY_STATE_LOST',
        });
        // Asked is the other by now, and the first no more.
        expect(await fixture.redis.zrange(conditions, '0', '-1')).toEqual([`${second}|orders`]);
        await drive();
        expect(await recordOf(services, second)).toMatchObject({ status: 'COMPLETED' });
        expect(await fixture.redis.zcard(conditions)).toBe(0);
        expect(await fixture.redis.exists(queue)).toBe(0);
      },
    );
  });

  it('a plan is made again as it was registered when the run began, though a job was changed since', async () => {
    const before = [define('root'), define('next', { after: ['root'] }), define('aside')];
    await apply(services, before);
    const root = await trigger(services, 'root');
    await apply(services, [define('next', { after: ['root'], timeout_seconds: 77 })]);
    const { plan_id } = await recordOf(services, root);
    await damage(`plan:${plan_id}`, 'job:next', 'of another type');
    await drive();
    expect(await executionsOf(services, 'next')).toMatchObject([{ status: 'COMPLETED', job_revision: 1 }]);
  });

  it('the plan of a pass by the definitions of then is made again, though a job was changed since', async () => {
    const define77 = (timeout_seconds: number): ReturnType<typeof define> =>
      define('next', { after: ['root'], timeout_seconds });
    await apply(services, [define('root'), define('next', { after: ['root'] }), define('aside')]);
    const root = await trigger(services, 'root');
    await drive();
    await apply(services, [define77(77)]);
    const again = await rerunRun(services, {
      run_id: root,
      from: ['root', 'next'],
      definition: 'NOW',
      actor: 'tester',
    });
    expect(again).toMatchObject({ ok: true, pass: 2 });
    await apply(services, [define77(78)]);
    const { plan_id } = await recordOf(services, await idOf('root'));
    expect(plan_id).not.toBe((await recordOf(services, root)).plan_id);
    await damage(`plan:${plan_id}`, 'job:next', 'flipped');
    await drive();
    expect(await executionsOf(services, 'next')).toMatchObject([
      { status: 'COMPLETED', pass: 2, job_revision: 2 },
      { status: 'COMPLETED', pass: 1, job_revision: 1 },
    ]);
  });

  it('what is run again and held has the edges of then, and nothing is taken for damage', async () => {
    const edge = { ...named('feed'), join: 'EACH' } as const;
    const inTurn = { queue_if_running: true };
    await apply(services, [define('feed'), define('held', { after: [edge], concurrency: inTurn })]);
    await start('feed');
    const { run_id } = await recordOf(services, await idOf('held'));
    expect(await ran('held')).toEqual(['COMPLETED']);
    // One of a later run is under way.
    await fire(services, 'feed', AT + fires++);
    await run(services, await take('feed'), () => succeedWith());
    const running = await take('held');
    const claim = { execution_id: running, executor_id: 'executor', nonce: 'n', op: 'n', actor: 'executor' };
    await services.executions.transition({ event: 'CLAIM', ...claim });
    expect(await rerunRun(services, { run_id, from: ['held'], actor: 'tester' })).toMatchObject({ ok: true });
    const id = (await services.runs.executions(run_id)).at(-1) ?? '';
    expect(await recordOf(services, id)).toMatchObject({
      status: 'PENDING',
      pass: 2,
      hold: expect.anything(),
    });
    await services.executions.cancel([{ execution_id: id, reason: 'CANCEL_001_REQUESTED', actor: 'tester' }]);
    expect((await recordOf(services, id)).status).toBe('CANCELLED');
    expect(toldOf()).toEqual([]);
    expect(await services.repairs.damagedState()).toEqual([]);
  });

  it('conditions that cannot be read for now keep no other from being evaluated', async () => {
    // More than are read at once.
    const many = Array.from({ length: 205 }, (_, index) =>
      define(`maybe${String(index)}`, { after: [CONDITIONAL] }),
    );
    const condition = 'upstream.status == "COMPLETED"';
    await apply(services, [
      define('root'),
      ...many,
      define('later'),
      define('asked', { after: [{ ...named('later'), condition }] }),
    ]);
    const root = await fire(services, 'root', AT + fires++);
    await run(services, await take('root'), () => succeedWith());
    await carryOn(services);
    await fixture.setClockOffset(1000);
    await fire(services, 'later', AT + fires++);
    await run(services, await take('later'), () => succeedWith());
    const conditions = fixture.key('conditions');
    expect(await fixture.redis.zcard(conditions)).toBe(206);
    const { plan_id } = await recordOf(services, root);
    await damage(`plan:${plan_id}`, 'complete', 'gone altogether');
    expect(await decideConditions(services)).toBe(1);
    expect((await recordOf(services, await idOf('asked'))).status).toBe('QUEUED');
    expect(await fixture.redis.zcard(conditions)).toBe(205);
    // Of one whose edges are gone as well nothing says what it was asked.
    const cancelled = await idOf('maybe0');
    await damage(`edges:${cancelled}`, 'root', 'gone altogether');
    const cancel = { execution_id: cancelled, reason: 'CANCEL_001_REQUESTED', cascade: 'NONE' } as const;
    await services.executions.cancel([{ ...cancel, actor: 'tester' }]);
    expect((await recordOf(services, cancelled)).status).toBe('CANCELLED');
    expect(await fixture.redis.zscore(conditions, `${cancelled}|root`)).not.toBeNull();
    expect(await decideConditions(services)).toBe(0);
    expect(await fixture.redis.zscore(conditions, `${cancelled}|root`)).toBeNull();
    await mendState(services);
    expect(await decideConditions(services)).toBe(204);
    expect((await recordOf(services, await idOf('maybe1'))).status).toBe('QUEUED');
  });

  it.each(['flipped', 'gone altogether'] as const)(
    'many releases that wait for their plan, %s, keep no other from going on',
    async (how) => {
      const fanOut = Array.from({ length: 101 }, (_, index) =>
        define(`n${String(index)}`, { after: ['wide'] }),
      );
      await apply(services, [define('root'), define('next', { after: ['root'] }), define('wide'), ...fanOut]);
      for (let index = 0; index < 15; index++) await trigger(services, 'root');
      const { plan_id } = await recordOf(services, await idOf('root'));
      await damage(`plan:${plan_id}`, 'job:next', how);
      await runAll(fixture);
      // More dependents than one call of a script releases: the rest is carried on from a cursor.
      const wide = await trigger(services, 'wide');
      await run(services, await take('wide'), () => succeedWith());
      expect(await recordOf(services, wide)).toMatchObject({ status: 'COMPLETED' });
      expect(await services.runs.executions(wide)).toHaveLength(102);
      await mendState(services);
      await carryOn(services);
      expect(await executionsOf(services, 'next')).toHaveLength(15);
    },
  );

  it('a queue of what is taken once, of another type, keeps neither its upstream nor a neighbour from ending', async () => {
    await apply(services, [
      define('orders'),
      define('rates'),
      define('bill', { after: [{ ...named('orders'), join: 'EACH' }, named('rates')] }),
      define('neighbour'),
    ]);
    await fixture.redis.set(fixture.key('each:bill|orders'), 'a text');
    await fire(services, 'orders', AT + fires++);
    await fire(services, 'neighbour', AT + fires++);
    const ids = [await take('orders'), await take('neighbour')];
    await endTogether(ids);
    for (const id of ids) expect((await recordOf(services, id)).status).toBe('COMPLETED');
    await start('rates');
    expect(await ran('bill')).toEqual(['COMPLETED']);
    expect(toldOf()).toEqual(['DEPENDENCY_STATE']);
  });

  it('a publication that is all that is left of outcomes meets a job that waits for new ones once', async () => {
    const published = { ...named('feed'), dependency_type: 'DATA_READY' } as const;
    await apply(services, [define('feed', { produces: ['s3://rows'] })]);
    await fire(services, 'feed', AT + fires++);
    await run(services, await take('feed'), (_, { onPublish }) => {
      onPublish('s3://rows');
      return failWith('EXEC_005_INVALID_CONFIG');
    });
    await apply(services, [define('report', { after: [published] })]);
    await damage('outcomes', 'feed', 'flipped');
    await start('report');
    expect(await ran('report')).toEqual(['COMPLETED']);
    await start('report');
    expect(await ran('report')).toEqual(['PENDING', 'COMPLETED']);
    expect(toldOf()).toEqual(['DEPENDENCY_STATE']);
  });

  it.each(['dependents:feed', 'job:reader'])(
    'what is published while %s cannot be read is known once it can, and is taken once',
    async (field) => {
      const edge = { ...named('feed'), dependency_type: 'DATA_READY', join: 'EACH' } as const;
      await apply(services, [
        define('feed', { produces: ['s3://rows'] }),
        define('reader', { after: [edge] }),
      ]);
      const id = await fire(services, 'feed', AT + fires++);
      const { plan_id } = await recordOf(services, id);
      await damage(`plan:${plan_id}`, field, 'flipped');
      const { executions } = services;
      let answer: (word: unknown) => void = () => undefined;
      const watched = withMethods(executions, {
        async publishDataset(...args) {
          const word = await executions.publishDataset(...args);
          answer(word);
          return word;
        },
      });
      const words: unknown[] = [];
      await run({ ...services, executions: watched }, await take('feed'), async (_, { onPublish }) => {
        const word = await new Promise((resolve) => {
          answer = resolve;
          onPublish('s3://rows');
        });
        words.push(word);
        await mendState(services);
        return failWith('EXEC_005_INVALID_CONFIG');
      });
      expect((await recordOf(services, id)).status).toBe('FAILED');
      await drive();
      expect(await ran('reader')).toEqual(['COMPLETED']);
      await start('reader');
      expect(await ran('reader')).toEqual(['PENDING', 'COMPLETED']);
      expect(words).toEqual(['UNREADABLE']);
    },
  );

  it('what cannot be mended in a round keeps nothing else from it', async () => {
    await apply(services, [define('a'), define('b')]);
    const jobs = fixture.key('jobs');
    const whole = await fixture.redis.hgetallBuffer(jobs);
    for (const job of ['a', 'b']) await damage('jobs', job, 'flipped');
    await fixture.anotherProcess().catalog.current();
    expect(await services.repairs.damagedState()).toHaveLength(2);
    const unmended = async (): Promise<string[]> => {
      const found = await fixture.redis.hgetallBuffer(jobs);
      return Object.keys(whole).filter((job) => whole[job]?.equals(found[job] ?? Buffer.of()) === false);
    };
    const tried: string[] = [];
    const repairs = withMethods(services.repairs, {
      mendJob(job) {
        if (tried.push(job) === 1) return Promise.reject(new Error('Connection is closed.'));
        return services.repairs.mendJob(job);
      },
    });
    await expect(mendState({ ...services, repairs })).rejects.toThrow('Connection is closed.');
    expect(tried).toHaveLength(2);
    expect(await unmended()).toEqual(tried.slice(0, 1));
    expect(await services.repairs.damagedState()).toMatchObject([{ kind: 'JOB', subject: tried[0] }]);
    await mendState(services);
    expect(await unmended()).toEqual([]);
  });

  it('what recovery sweeps meets it, and neither stops nor takes it for a leak', async () => {
    await apply(services, [
      define('root'),
      define('other'),
      define('gather', { after: [named('root'), named('other')] }),
    ]);
    await trigger(services, 'root', { parameters: {} });
    await fire(services, 'root', AT);
    await runAll(fixture);
    const waiting = await idOf('gather');
    const { plan_id } = await recordOf(services, waiting);
    await damage(`plan:${plan_id}`, 'job:gather', 'flipped');
    const { findings } = await sweepOpenExecutions(services, undefined);
    expect(findings.filter(({ repaired }) => repaired)).toEqual([]);
    await mendState(services);
    await start('other');
    expect(await recordOf(services, waiting)).toMatchObject({ status: 'COMPLETED' });
  });

  describe('of schedules and jobs', () => {
    const EVERY_TEN_MINUTES = {
      schedule_type: 'INTERVAL',
      interval_seconds: 600,
      tolerance_seconds: 86_400,
    } as const;

    beforeEach(async () => {
      await apply(services, [
        define('a', { schedule: EVERY_TEN_MINUTES }),
        define('b', { schedule: EVERY_TEN_MINUTES }),
      ]);
    });

    const firedOf = async (job: string): Promise<number> => (await executionsOf(services, job)).length;

    it.each(['flipped', 'cut off'] as const)(
      'pauses, %s: it is paused until resumed, and others fire',
      async (how) => {
        await services.schedules.pause('a.schedule');
        await services.schedules.resume('a.schedule');
        await damage('schedule:a.schedule', 'pauses', how);
        await fixture.setClockOffset(25 * MINUTE_MS);
        await fireSchedules(services);
        await fireSchedules(services);
        expect([await firedOf('a'), await firedOf('b')]).toEqual([0, 2]);
        await mendState(services);
        expect(fixture.alerts).toMatchObject([{ kind: 'STATE_CORRUPTION', subject: 'a.schedule' }]);
        expect(toldOf()).toEqual(['QUEUE_STATE']);
        expect(await services.schedules.resume('a.schedule')).toBe('CHANGED');
        await fixture.setClockOffset(45 * MINUTE_MS);
        await fireSchedules(services);
        expect(await firedOf('a')).toBe(2);
      },
    );

    it.each(['gone altogether', 'of another type'] as const)(
      'a schedule, %s: put in force again, and others fire',
      async (how) => {
        await damage('schedule:a.schedule', 'next', how);
        await fixture.setClockOffset(15 * MINUTE_MS);
        await fireSchedules(services);
        expect([await firedOf('a'), await firedOf('b')]).toEqual([0, 1]);
        await mendState(services);
        await fixture.setClockOffset(60 * MINUTE_MS);
        await fireSchedules(services);
        expect(await firedOf('a')).toBeGreaterThan(0);
        expect(toldOf()).toEqual(['QUEUE_STATE']);
      },
    );

    it.each(['flipped', 'cut off', 'of another type'] as const)(
      'the newest entry of a ledger, %s: the schedule goes on',
      async (how) => {
        const ledger = fixture.key('ticks:a.schedule');
        const newest = (await fixture.redis.lindexBuffer(ledger, -1)) ?? Buffer.alloc(0);
        const left = how === 'flipped' ? Buffer.from([0xc1]) : newest.subarray(0, 3);
        if (how === 'of another type') await fixture.redis.set(ledger, left);
        else await fixture.redis.lset(ledger, -1, left);
        await fixture.setClockOffset(15 * MINUTE_MS);
        await fireSchedules(services);
        expect([await firedOf('a'), await firedOf('b')]).toEqual([1, 1]);
      },
    );

    it('a ledger, of another type: its schedule is registered anew, and fires', async () => {
      const ledger = fixture.key('ticks:a.schedule');
      await fixture.redis.set(ledger, 'a text');
      await apply(services, [define('a', { schedule: { ...EVERY_TEN_MINUTES, interval_seconds: 300 } })]);
      expect(await fixture.redis.type(ledger)).toBe('list');
      await fixture.setClockOffset(7 * MINUTE_MS);
      await fireSchedules(services);
      expect([await firedOf('a'), await firedOf('b')]).toEqual([1, 0]);
      await mendState(services);
      expect(toldOf()).toEqual(['QUEUE_STATE']);
    });

    it.each(['flipped', 'cut off'] as const)(
      'the registered definition of a job, %s: read from its revision, and mended',
      async (how) => {
        const whole = await fixture.redis.hgetBuffer(fixture.key('jobs'), 'a');
        await damage('jobs', 'a', how);
        const other = fixture.anotherProcess();
        expect([...(await other.catalog.current()).jobs.keys()].toSorted()).toEqual(['a', 'b']);
        await mendState(services);
        expect(await fixture.redis.hgetBuffer(fixture.key('jobs'), 'a')).toEqual(whole);
        expect(toldOf()).toEqual(['QUEUE_STATE']);
      },
    );
  });

  describe('of windows', () => {
    const everyDay = (start: string, end: string) => ({
      execution_windows: [{ start, end, days: [...DAYS] }],
      execution_window_timezone: 'UTC',
    });
    let toNoon = 0;

    beforeEach(async () => {
      const now = await services.schedules.now();
      toNoon = DAY_MS - ((now + DAY_MS / 2) % DAY_MS);
      await fixture.setClockOffset(toNoon);
      await apply(services, [
        define('open', everyDay('11:00', '13:00')),
        define('closed', { ...everyDay('13:00', '14:00'), skip_outside_window: false }),
        define('always'),
      ]);
    });

    const statuses = async (ids: readonly string[]): Promise<string[]> =>
      (await Promise.all(ids.map((id) => recordOf(services, id)))).map(({ status }) => status);

    it.each(['flipped', 'cut off', 'of another type'] as const)(
      'one, %s: nothing starts or is skipped until it is written again',
      async (how) => {
        await damage('windows', 'open', how);
        const ids: string[] = [];
        for (const job of ['open', 'closed', 'always']) ids.push(await trigger(services, job));
        expect(await statuses(ids)).toEqual(['PENDING', 'PENDING', 'QUEUED']);
        await mendState(services);
        await fixture.setClockOffset(toNoon + 1000);
        await openWindows(services);
        expect(await statuses(ids)).toEqual(['QUEUED', 'PENDING', 'QUEUED']);
        expect(new Set(toldOf())).toEqual(new Set(['QUEUE_STATE']));
      },
    );

    it.each([
      ['with windows', everyDay('10:00', '14:00')],
      ['without any', {}],
    ])(
      'all, of another type, and first met by who registers a job %s: the others stay closed',
      async (_, more) => {
        await damage('windows', 'open', 'of another type');
        expect(await apply(services, [define('another', more)])).toMatchObject({ ok: true });
        const ids: string[] = [];
        for (const job of ['closed', 'another']) ids.push(await trigger(services, job));
        expect(await statuses(ids)).toEqual(['PENDING', 'QUEUED']);
        await fixture.setClockOffset(toNoon + 1000);
        await openWindows(services);
        expect(await statuses(ids)).toEqual(['PENDING', 'QUEUED']);
      },
    );
  });

  it.each(['flipped', 'cut off', 'of another type'] as const)(
    'what is exhausted, %s: it counts for nothing until it is measured again',
    async (how) => {
      await apply(services, [define('a')]);
      const entry = {
        source: 'REDIS',
        resource_type: 'MEMORY',
        code: 'RES_001_MEMORY',
        usage: 0.9,
        threshold: 0.8,
        actions: ['QUEUE_ALL'],
        reject_below: 0,
      };
      const measure = () =>
        services.exhaustion.report({ measurer: 'recovery', lapses_ms: 60_000, exhausted: [entry] } as never);
      await measure();
      await damage('exhausted', 'recovery|REDIS|MEMORY', how);
      const a = await trigger(services, 'a');
      expect(fixture.admitted).toEqual([a]);
      await mendState(services);
      expect(toldOf()).toEqual(['QUEUE_STATE']);
      await measure();
      await trigger(services, 'a');
      expect(fixture.admitted).toEqual([a]);
    },
  );
});
