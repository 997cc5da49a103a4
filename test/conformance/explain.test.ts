import {
  explanationSchema,
  WEEKDAYS,
  type Explanation,
  type ExplainedHold,
  type AuthoredJobDefinition,
} from '@phi/core';
import {
  cancelExecution,
  decideConditions,
  expireDependencies,
  explainExecution,
  fireSchedules,
  openWindows,
  promoteRetries,
  takeBackLost,
  type Services,
} from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { rewriteSealed } from '@phi/testkit';

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
  untilStopped,
  type EngineFixture,
  setLimits,
} from './testing/engine-fixture.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const LEASE_MS = 1_000_000_000;

/** Midnight UTC of the day after tomorrow. */
const midnight = (Math.floor(Date.now() / DAY_MS) + 2) * DAY_MS;
const DAYTIME = [{ start: '06:00', end: '22:00', days: [...WEEKDAYS] }];
const iso = (instantMs: number): string => new Date(instantMs).toISOString();

describe('explainExecution', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(() => {
    fixture = openEngine('explain');
    services = fixture.services;
  });
  afterEach(() => fixture.close());

  const setTime = (instantMs: number): Promise<void> => fixture.setClockOffset(instantMs - Date.now());
  const withExecutor = (): Promise<void> => fixture.registerExecutor('executor', LEASE_MS);

  /** Explains, and computes every verdict again: they must all come out the same. */
  const explain = async (id: string): Promise<Explanation> => {
    const explanation = await explainExecution(services, await recordOf(services, id), { replay: true });
    expect(explanationSchema.safeParse(explanation).error).toBeUndefined();
    expect(explanation.replay?.differences).toEqual([]);
    return explanation;
  };
  const kindsOf = ({ holds }: Explanation): string[] => holds.map(({ kind }) => kind);
  const hold = async (id: string): Promise<ExplainedHold | undefined> => (await explain(id)).holds[0];
  /** The verdicts of each step, in order, as one word each. */
  const verdictsOf = ({ trace }: Explanation): string =>
    Array.from({ length: 10 }, (_, at) =>
      trace
        .filter(({ step }) => step === at + 1)
        .map(({ verdict }) => verdict)
        .join('+'),
    ).join(' ');
  const NOT_STARTED = 'NOT_REACHED NOT_REACHED NOT_REACHED NOT_REACHED NOT_REACHED NOT_REACHED';

  const latestOf = async (job: string): Promise<string> =>
    (await executionsOf(services, job))[0]?.execution_id ?? '';
  const complete = (id: string) => run(services, id, () => succeedWith());
  /** Runs for as long as this, by Redis' clock. */
  const completeIn = (id: string, ms: number) =>
    run(services, id, async () => {
      await fixture.setClockOffset(ms);
      return succeedWith();
    });

  describe('of what waits for its dependencies', () => {
    beforeEach(withExecutor);

    it('names the upstream in its run, how it stands, and that nothing ends the wait', async () => {
      await apply(services, [
        define('root'),
        define('slow', { after: ['root'] }),
        define('end', { after: ['root', 'slow'] }),
      ]);
      const root = await trigger(services, 'root');
      await complete(root);
      const slow = await latestOf('slow');
      const explanation = await explain(await latestOf('end'));
      expect(explanation).toMatchObject({
        status: 'PENDING',
        summary: `PENDING: it depends on slow (QUEUED ${slow}).`,
        holds: [{ kind: 'DEPENDENCIES', rule: 2, until: null }],
        dependencies: [
          { upstream_job_id: 'root', verdict: 'met', decided_by: root, until: null },
          { upstream_job_id: 'slow', verdict: 'undecided', latest: { execution_id: slow, status: 'QUEUED' } },
        ],
      });
      expect(verdictsOf(explanation)).toBe(`NOT_REACHED PASS WAIT NOT_REACHED ${NOT_STARTED}`);
    });

    it('says of an upstream outside its run what it did last, and when the wait ends', async () => {
      await apply(services, [
        define('other'),
        define('a', { after: ['other'], dependency_policy: { timeout_seconds: 60 }, schedule: NEVER }),
      ]);
      const id = await trigger(services, 'a');
      const { created_time } = await recordOf(services, id);
      const until = iso(created_time + 60_000);
      expect(await explain(id)).toMatchObject({
        summary: expect.stringContaining(
          `PENDING: it depends on other (not started); given up at ${until} (in `,
        ),
        holds: [{ kind: 'DEPENDENCIES', until }],
        dependencies: [{ inside: false, verdict: 'undecided', latest: null, until }],
      });
      const other = await trigger(services, 'other');
      expect((await hold(id))?.because).toBe(`it depends on other (latest: QUEUED ${other})`);
      await fixture.setClockOffset(61_000);
      await expireDependencies(services);
      const given = await explain(id);
      expect(given).toMatchObject({
        status: 'CANCELLED',
        summary: 'CANCELLED: DEP_003_TIMEOUT: The dependencies were not met in time: a.other; it never ran.',
        holds: [],
      });
      expect(verdictsOf(given)).toBe(`NOT_REACHED PASS REJECT NOT_REACHED ${NOT_STARTED}`);
    });

    it('does not count what was asked to be ignored', async () => {
      await apply(services, [define('other'), define('a', { after: ['other'], schedule: NEVER })]);
      const id = await trigger(services, 'a', { ignore_dependencies: true });
      expect(kindsOf(await explain(id))).toEqual(['UNCLAIMED']);
    });
  });

  describe('of what depends on a condition, a time or several producers', () => {
    beforeEach(withExecutor);

    it('says that a condition is being evaluated, and afterwards that it is false', async () => {
      const condition = "upstream.result.outputs.wanted == 'yes'";
      await apply(services, [define('up'), define('a', { after: [{ upstream_job_id: 'up', condition }] })]);
      await run(services, await trigger(services, 'up'), () => succeedWith({ wanted: 'no' }));
      const id = await latestOf('a');
      expect(await explain(id)).toMatchObject({
        summary: 'PENDING: it depends on up (its condition is being evaluated).',
        dependencies: [{ verdict: 'asked' }],
      });
      await decideConditions(services);
      const skipped = await explain(id);
      expect(skipped).toMatchObject({
        summary:
          'CANCELLED: SKIP_006_CONDITION_FALSE: The condition of a dependency is false: a.up; it never ran.',
        dependencies: [{ verdict: 'false' }],
        replay: { checked: 1 },
      });
      expect(skipped.trace.find(({ step }) => step === 3)).toMatchObject({ rule: 2, verdict: 'SKIP' });
    });

    it('says when its time after its upstream comes', async () => {
      const after = [{ upstream_job_id: 'up', window: { after_seconds: 3600 } }];
      await apply(services, [define('up'), define('a', { after })]);
      await complete(await trigger(services, 'up'));
      const id = await latestOf('a');
      const until = iso((await recordOf(services, id)).not_before ?? 0);
      const explanation = await explain(id);
      expect(explanation.holds).toMatchObject([{ kind: 'AFTER_UPSTREAM', rule: 2, until }]);
      expect(explanation.summary).toContain(
        `it runs only some time after what it depends on; until ${until}`,
      );
      expect(explanation.replay?.checked).toBe(1);
    });

    it('counts the producers of a dataset as one dependency', async () => {
      const produces = ['orders'];
      await apply(services, [
        define('root'),
        define('north', { after: ['root'], produces, retry_policy: { max_attempts: 1 } }),
        define('south', { after: ['root'], produces }),
        define('a', { consumes: produces }),
      ]);
      await complete(await trigger(services, 'root'));
      await run(services, await latestOf('north'), () => failWith('EXEC_005_INVALID_CONFIG'));
      const waiting = await explain(await latestOf('a'));
      expect(waiting.status).toBe('PENDING');
      expect(waiting.dependencies.map(({ upstream_job_id, verdict }) => [upstream_job_id, verdict])).toEqual([
        ['north', 'unmet'],
        ['south', 'undecided'],
      ]);
      await complete(await latestOf('south'));
      const met = await explain(await latestOf('a'));
      expect(met.status).toBe('QUEUED');
      expect(met.replay).toEqual({ checked: 1, differences: [] });
    });
  });

  describe('of what the gate holds', () => {
    beforeEach(withExecutor);
    const windowed = { execution_windows: DAYTIME, skip_outside_window: false };

    it('says when its window opens, and afterwards how long it was held', async () => {
      await setTime(midnight);
      await apply(services, [define('a', windowed)]);
      const id = await trigger(services, 'a');
      const until = iso(midnight + 6 * HOUR_MS);
      const held = await explain(id);
      expect(held).toMatchObject({
        summary: expect.stringContaining(`PENDING: its execution windows are closed; until ${until} (in `),
        holds: [{ kind: 'WINDOW', rule: 17, until }],
        replay: { checked: 1 },
      });
      expect(verdictsOf(held)).toBe(`HOLD PASS PASS NOT_REACHED ${NOT_STARTED}`);
      await setTime(midnight + 6 * HOUR_MS);
      await openWindows(services);
      const passed = await explain(id);
      expect(verdictsOf(passed)).toBe('HOLD+PASS PASS PASS PASS PASS PASS PASS WAIT NOT_REACHED NOT_REACHED');
      expect(passed.trace[0]).toMatchObject({
        rule: 17,
        inputs: { window: { opens: midnight + 6 * HOUR_MS } },
      });
    });

    it('says whose turn it is', async () => {
      await apply(services, [define('a', { concurrency: { queue_if_running: true } })]);
      const first = await trigger(services, 'a');
      const second = await trigger(services, 'a');
      const third = await trigger(services, 'a');
      expect(await hold(second)).toMatchObject({ kind: 'TURN', rule: 3, behind: first });
      const explanation = await explain(third);
      expect(explanation).toMatchObject({
        summary: `PENDING: another execution of the job goes first; behind ${second}.`,
        holds: [{ kind: 'TURN', behind: second }],
      });
      expect(explanation.trace.find(({ step }) => step === 4)).toMatchObject({
        rule: 3,
        verdict: 'HOLD',
        inputs: { mode: 'QUEUE', past_gate: 1, ahead: second },
      });
      await complete(first);
      expect(verdictsOf(await explain(second))).toMatch(/^PASS PASS PASS HOLD\+PASS PASS/);
    });

    it('says which fire time is caught up before it', async () => {
      const schedule = { ...every(60), tolerance_seconds: 0, catchup_enabled: true, max_catchup_runs: 2 };
      await apply(services, [define('a', { schedule })]);
      await fixture.setClockOffset(10 * 60_000 + 30_000);
      await fireSchedules(services);
      const [later, earlier] = (await executionsOf(services, 'a')).toSorted(
        (a, b) => b.scheduled_time - a.scheduled_time,
      );
      const explanation = await explain(later?.execution_id ?? '');
      expect(explanation.holds).toMatchObject([
        { kind: 'CATCHUP_TURN', rule: 4, behind: earlier?.execution_id },
      ]);
      expect(explanation.trace.filter(({ step }) => step === 2)).toMatchObject([
        { rule: 4, verdict: 'PASS' },
      ]);
      expect(explanation.replay?.checked).toBe(1);
    });

    it('says when a retry is due', async () => {
      const retry_policy = {
        retryable_errors: ['MODULE_FAILED'],
        initial_delay_seconds: 60,
        jitter_factor: 0,
      };
      await apply(services, [define('a', { retry_policy })]);
      const first = await trigger(services, 'a');
      await run(services, first, () => failWith('EXEC_006_MODULE_FAILED'));
      const second = (await recordOf(services, first)).retried_by ?? '';
      const until = iso((await recordOf(services, second)).not_before ?? 0);
      const failed = await explain(first);
      expect(failed).toMatchObject({
        summary: expect.stringMatching(
          `^FAILED: EXEC_006_MODULE_FAILED: on purpose; it ran for .*; attempt 2 follows: ${second} is PENDING\\.$`,
        ),
        ended: {
          code: 'EXEC_006_MODULE_FAILED',
          what_to_do: expect.stringContaining('stack trace'),
          retry: { execution_id: second, not_before: until },
        },
      });
      const waiting = await explain(second);
      expect(waiting.holds).toMatchObject([{ kind: 'BACKOFF', rule: 8, until }]);
      expect(waiting.summary).toContain(`the delay before attempt 2 is not over; until ${until}`);
      expect(verdictsOf(waiting)).toBe(`NOT_REACHED WAIT PASS NOT_REACHED ${NOT_STARTED}`);
      await fixture.setClockOffset(61_000);
      expect((await hold(second))?.because).toBe('its delay is over: a scheduler queues it next');
      await promoteRetries(services);
      expect(verdictsOf(await explain(second))).toMatch(/^PASS PASS PASS PASS PASS PASS PASS WAIT/);
    });
  });

  describe('of what is queued', () => {
    const narrow = { resources: { resource_pool: 'narrow' } };

    it('says that no executor is alive', async () => {
      await apply(services, [define('a')]);
      expect(await explain(await trigger(services, 'a'))).toMatchObject({
        summary: 'QUEUED: no executor is alive.',
        holds: [{ kind: 'NO_EXECUTOR' }],
        queue: { place: 1, before: 0, executors: [] },
      });
    });

    it('says that it is admitted, since when, and who could take it', async () => {
      await withExecutor();
      await apply(services, [define('a')]);
      const id = await trigger(services, 'a');
      const { queued_time = 0 } = await recordOf(services, id);
      const explanation = await explain(id);
      expect(explanation).toMatchObject({
        summary: `QUEUED: it has its slots and waits for an executor to take it, since ${iso(queued_time)}; 1 executor is alive.`,
        holds: [{ kind: 'UNCLAIMED', rule: null }],
        queue: { admitted: true, place: null, executors: ['executor'] },
      });
    });

    it('says that an admitted one waits for executors that are gone', async () => {
      await fixture.registerExecutor('executor', 60_000);
      await apply(services, [define('a')]);
      const id = await trigger(services, 'a');
      await fixture.setClockOffset(120_000);
      expect(kindsOf(await explain(id))).toEqual(['UNCLAIMED', 'NO_EXECUTOR']);
    });

    it.each([
      ['pool:narrow', narrow, 6],
      ['type:INGESTION', {}, 6],
      ['job:a', { concurrency: { max_running: 2 } }, 6],
    ])('names the full limit %s, who holds it, and how many stand before it', async (name, more, rule) => {
      await withExecutor();
      if (!name.startsWith('job:')) await setLimits(services, new Map([[name, 2]]));
      await apply(services, [define('a', more)]);
      const ids: string[] = [];
      for (let n = 0; n < 5; n++) ids.push(await trigger(services, 'a'));
      const explanation = await explain(ids[4] ?? '');
      expect(explanation).toMatchObject({
        holds: [{ kind: 'LIMIT', rule, limit: { name, number: 2, held: 2 } }, { kind: 'PRIORITY' }],
        queue: { place: 3, before: 2, before_is_exact: true },
      });
      expect(explanation.holds[0]?.limit?.holders.toSorted()).toEqual(ids.slice(0, 2).toSorted());
      expect(explanation.summary).toContain(`the limit ${name} is full (2 of 2 slots are held); held by `);
      expect(explanation.summary).toContain('2 others stand before it');
      expect(verdictsOf(explanation)).toBe(
        'PASS PASS PASS PASS PASS WAIT WAIT NOT_REACHED NOT_REACHED NOT_REACHED',
      );
    });

    describe('and requests resources', () => {
      const large = define('large', { resources: { cpu_cores: 3, resource_pool: 'narrow' } });
      const offer = (cpu_cores: number): Promise<void> =>
        services.leases.register({
          executor_id: 'executor',
          lease_ms: LEASE_MS,
          places: 100,
          resources: { cpu_cores, memory_mb: null, disk_mb: null, network_bandwidth_mbps: null },
          information: {},
        });
      const setPool = (pool: object): Promise<void> =>
        services.limits.change({ pools: [{ name: 'narrow', ...pool }] });

      beforeEach(() => apply(services, [large]));

      it('says that no executor has room for it', async () => {
        await offer(4);
        await trigger(services, 'large');
        const id = await trigger(services, 'large');
        expect(await hold(id)).toMatchObject({ kind: 'ROOM', rule: null });
        expect((await explain(id)).summary).toContain('no executor has room for what it requests');
      });

      it('says that what it requests of its pool is taken', async () => {
        await offer(64);
        await setPool({ cpu_cores: 4 });
        await trigger(services, 'large');
        expect(await hold(await trigger(services, 'large'))).toMatchObject({ kind: 'AMOUNTS', rule: 6 });
      });

      it('says that it requests more than any executor has, or than its pool, until one does', async () => {
        await offer(2);
        const id = await trigger(services, 'large');
        expect(await hold(id)).toMatchObject({ kind: 'UNPLACEABLE', rule: 6 });
        expect((await explain(id)).summary).toContain('RES_006_UNPLACEABLE');
        await setPool({ cpu_cores: 1 });
        await offer(64);
        expect(await hold(id)).toMatchObject({ kind: 'UNPLACEABLE' });
        await setPool({ cpu_cores: 8 });
        expect(await hold(id)).toMatchObject({ kind: 'UNCLAIMED' });
      });

      it('says that its pool is paused', async () => {
        await offer(64);
        await setPool({ paused: true });
        const id = await trigger(services, 'large');
        expect(await hold(id)).toMatchObject({ kind: 'POOL_PAUSED', rule: 6 });
        await setPool({ paused: false });
        expect(await hold(id)).toMatchObject({ kind: 'UNCLAIMED' });
      });
    });

    it('names the exhausted resource for which nothing is admitted', async () => {
      await withExecutor();
      await apply(services, [define('a')]);
      const entry = {
        source: 'REDIS',
        resource_type: 'MEMORY',
        code: 'RES_001_MEMORY_EXHAUSTED',
        usage: 0.97,
        threshold: 0.95,
        actions: ['QUEUE_ALL'],
        reject_below: 0,
      } as const;
      await services.exhaustion.report({ measurer: 'redis', lapses_ms: LEASE_MS, exhausted: [entry] });
      const id = await trigger(services, 'a');
      expect(await hold(id)).toMatchObject({ kind: 'EXHAUSTED' });
      expect((await explain(id)).summary).toContain(
        'MEMORY of redis is exhausted (97 % used, threshold 95 %)',
      );
    });

    it('compares a priority that does not age with those that do', async () => {
      await withExecutor();
      await setLimits(services, new Map([['pool:narrow', 1]]));
      const fixed = { resources: { ...narrow.resources, priority_boost_on_age: false, priority: 5 } };
      await apply(services, [define('a', narrow), define('fixed', fixed)]);
      await trigger(services, 'a');
      for (let n = 0; n < 2; n++) await trigger(services, 'fixed');
      const id = await trigger(services, 'fixed');
      await fixture.setClockOffset(HOUR_MS);
      expect((await explain(id)).queue).toMatchObject({ place: 3, before: 2, priority: 5 });
    });

    it('counts who of other jobs stands before it at the same limit', async () => {
      await withExecutor();
      await setLimits(services, new Map([['pool:narrow', 1]]));
      await apply(services, [
        define('a', narrow),
        define('b', narrow),
        define('urgent', { resources: { ...narrow.resources, priority: 10 } }),
      ]);
      for (let n = 0; n < 3; n++) await trigger(services, 'a');
      const id = await trigger(services, 'b');
      await trigger(services, 'urgent');
      const { queue } = await explain(id);
      expect(queue).toMatchObject({ place: 1, before: 3 });
      // It has waited for less than a minute.
      expect(Math.floor(queue?.priority ?? NaN)).toBe(0);
    });

    it('names at most twenty holders, and counts them all', async () => {
      await withExecutor();
      await setLimits(services, new Map([['pool:narrow', 25]]));
      await apply(services, [define('a', narrow)]);
      const ids: string[] = [];
      for (let n = 0; n < 26; n++) ids.push(await trigger(services, 'a'));
      const found = await hold(ids[25] ?? '');
      expect(found?.limit?.held).toBe(25);
      expect(new Set(found?.limit?.holders).size).toBe(20);
    });

    it('says that the namespace runs as many as it may', async () => {
      await withExecutor();
      await setLimits(services, new Map([['global', 1]]));
      await apply(services, [define('a'), define('b')]);
      const first = await trigger(services, 'a');
      const explanation = await explain(await trigger(services, 'b'));
      expect(explanation.holds).toMatchObject([
        { kind: 'GLOBAL_LIMIT', rule: 7, limit: { name: 'global', number: 1, held: 1, holders: [first] } },
      ]);
    });

    it('says that every place of the executors is taken', async () => {
      await services.leases.register({
        executor_id: 'small',
        lease_ms: LEASE_MS,
        places: 1,
        information: {},
      });
      await apply(services, [define('a')]);
      for (let n = 0; n < 2; n++) await trigger(services, 'a');
      const explanation = await explain(await trigger(services, 'a'));
      expect(explanation.holds).toMatchObject([
        { kind: 'PLACES', rule: null, limit: { name: 'places', number: 2 } },
      ]);
      expect(explanation.trace.find(({ step }) => step === 5)).toMatchObject({ verdict: 'WAIT' });
    });

    it('says that its window has closed over it, and when it opens', async () => {
      await setTime(midnight + 21 * HOUR_MS);
      await apply(services, [define('a', { execution_windows: DAYTIME, skip_outside_window: false })]);
      const id = await trigger(services, 'a');
      expect(kindsOf(await explain(id))).toEqual(['NO_EXECUTOR']);
      await setTime(midnight + 22 * HOUR_MS);
      await openWindows(services);
      const until = iso(midnight + DAY_MS + 6 * HOUR_MS);
      const explanation = await explain(id);
      expect(explanation.holds[0]).toMatchObject({ kind: 'WINDOW', rule: 17, until });
      expect(explanation.queue?.estimated_start).toBe(until);
    });

    it('estimates when it may start, once it is known how long the holders usually take', async () => {
      await withExecutor();
      await apply(services, [define('a', narrow)]);
      const earlier = await trigger(services, 'a');
      await completeIn(earlier, 60_000);
      await setLimits(services, new Map([['pool:narrow', 1]]));
      const first = await trigger(services, 'a');
      await trigger(services, 'a');
      const id = await trigger(services, 'a');
      let queue: Explanation['queue'] = null;
      await run(services, first, async () => {
        await fixture.setClockOffset(100_000);
        ({ queue } = await explain(id));
        return succeedWith();
      });
      const { started_time = 0, completed_time = 0 } = await recordOf(services, earlier);
      const usual = completed_time - started_time;
      const startOfFirst = (await recordOf(services, first)).started_time ?? 0;
      expect(queue).toMatchObject({
        estimated_start: iso(startOfFirst + 2 * usual),
        estimate_because: expect.stringContaining('from how long the holders usually take'),
      });
    });
  });

  describe('of what runs', () => {
    it('says where, since when, how long it usually takes and when it is stopped', async () => {
      await withExecutor();
      await apply(services, [define('a', { timeout_seconds: 100 })]);
      await completeIn(await trigger(services, 'a'), 60_000);
      const id = await trigger(services, 'a');
      let explanation: Explanation | undefined;
      await run(services, id, async () => {
        explanation = await explain(id);
        return succeedWith();
      });
      const { started_time = 0 } = await recordOf(services, id);
      expect(explanation).toMatchObject({
        status: 'RUNNING',
        summary: expect.stringMatching(/^RUNNING: on executor for .*; the job usually takes 1 m/),
        running: {
          executor_id: 'executor',
          alive: true,
          since: iso(started_time),
          times_out: iso(started_time + 100_000),
          last_heartbeat: null,
          stage: null,
          records_processed: null,
          cancel_asked: null,
        },
      });
      expect(explanation && verdictsOf(explanation)).toBe(
        'PASS PASS PASS PASS PASS PASS PASS PASS PASS PASS',
      );
    });

    it('says that it was asked to stop, and that its executor is gone', async () => {
      await fixture.registerExecutor('executor', 60_000);
      await apply(services, [define('a')]);
      const id = await trigger(services, 'a');
      let explanation: Explanation | undefined;
      await run(services, id, async () => {
        await cancelExecution(services, id, { actor: 'me' });
        await fixture.setClockOffset(120_000);
        explanation = await explain(id);
        return succeedWith();
      });
      expect(explanation?.running).toMatchObject({ alive: false, cancel_asked: expect.any(String) });
      expect(explanation?.summary).toContain('it was asked to stop; its executor does not renew its lease');
      expect(explanation?.trace.find(({ step }) => step === 9)).toMatchObject({ rule: 13, verdict: 'FAIL' });
    });
  });

  describe('of what has ended', () => {
    beforeEach(withExecutor);

    it('says what came after it', async () => {
      await apply(services, [define('up'), define('b', { after: ['up'] }), define('c', { after: ['up'] })]);
      const id = await trigger(services, 'up');
      await complete(id);
      const explanation = await explain(id);
      expect(explanation).toMatchObject({
        summary: expect.stringMatching(/^COMPLETED: it ran for .*; after it: b QUEUED, c QUEUED\.$/),
        ended: {
          code: null,
          retry: null,
          dependents: [
            { job_id: 'b', execution_id: await latestOf('b'), status: 'QUEUED' },
            { job_id: 'c', status: 'QUEUED' },
          ],
          dependent_count: 2,
        },
      });
      expect(verdictsOf(explanation)).toBe('PASS PASS PASS PASS PASS PASS PASS PASS PASS PASS');
    });

    /** Each way to end without having run: its code, and the step and rule that ended it. */
    const ENDS: readonly (readonly [
      code: string,
      step: number,
      rule: number | null,
      verdict: string,
      end: End,
    ])[] = [
      [
        'SKIP_001_ALREADY_RUNNING',
        4,
        3,
        'SKIP',
        async () => {
          await apply(services, [define('a', { concurrency: { skip_if_running: true } })]);
          await trigger(services, 'a');
          return trigger(services, 'a');
        },
      ],
      [
        'SKIP_002_OUTSIDE_WINDOW',
        1,
        17,
        'SKIP',
        async () => {
          await setTime(midnight);
          await apply(services, [define('a', { execution_windows: DAYTIME })]);
          return trigger(services, 'a');
        },
      ],
      [
        'SKIP_004_JOB_DISABLED',
        2,
        null,
        'SKIP',
        async () => {
          await apply(services, [define('up'), define('a', { after: ['up'], enabled: false })]);
          await complete(await trigger(services, 'up'));
          return latestOf('a');
        },
      ],
      [
        'SKIP_005_UPSTREAM_SKIPPED',
        3,
        2,
        'SKIP',
        async () => {
          await apply(services, [
            define('up', { concurrency: { skip_if_running: true } }),
            define('a', { after: ['up'] }),
          ]);
          await trigger(services, 'up');
          await trigger(services, 'up');
          return latestOf('a');
        },
      ],
      [
        'DEP_001_MISSING_UPSTREAM',
        3,
        2,
        'REJECT',
        async () => {
          await apply(services, [define('a', { after: ['nowhere'], schedule: NEVER })]);
          return trigger(services, 'a');
        },
      ],
      [
        'DEP_004_UPSTREAM_NOT_MET',
        3,
        2,
        'REJECT',
        async () => {
          await apply(services, [define('up'), define('a', { after: ['up'] })]);
          await run(services, await trigger(services, 'up'), () => failWith('EXEC_005_INVALID_CONFIG'));
          return latestOf('a');
        },
      ],
    ];

    it.each(ENDS)('%s ended it at step %d', async (code, step, rule, verdict, end) => {
      const explanation = await explain(await end());
      expect(explanation).toMatchObject({ status: 'CANCELLED', holds: [], ended: { code } });
      expect(explanation.summary).toMatch(new RegExp(`^CANCELLED: ${code}: .*; it never ran`));
      expect(explanation.ended?.what_to_do).toMatch(/\w/);
      const ended = explanation.trace.filter((entry) => !['PASS', 'NOT_REACHED'].includes(entry.verdict));
      expect(ended).toMatchObject([{ step, rule, verdict, time: expect.any(String) }]);
      expect(explanation.trace.filter((entry) => entry.step > 4).map((entry) => entry.verdict)).toEqual(
        Array<string>(6).fill('NOT_REACHED'),
      );
    });

    it('says that its window closed over it while it was queued', async () => {
      await setTime(midnight + 21 * HOUR_MS);
      await apply(services, [define('a', { execution_windows: DAYTIME })]);
      const id = await trigger(services, 'a');
      await setLimits(services, new Map([['global', 1]]));
      const queued = await trigger(services, 'a');
      await setTime(midnight + 22 * HOUR_MS);
      await openWindows(services);
      expect((await explain(id)).status).toBe('QUEUED');
      const explanation = await explain(queued);
      expect(explanation).toMatchObject({
        status: 'CANCELLED',
        ended: { code: 'SKIP_002_OUTSIDE_WINDOW' },
        replay: { checked: 1 },
      });
      expect(verdictsOf(explanation)).toBe(`PASS+SKIP PASS PASS PASS ${NOT_STARTED}`);
    });

    it('says that it was cancelled by hand, before it came to its end', async () => {
      await apply(services, [define('a')]);
      const id = await trigger(services, 'a');
      await cancelExecution(services, id, { actor: 'me' });
      expect(await explain(id)).toMatchObject({
        summary: 'CANCELLED: CANCEL_001_REQUESTED: It was cancelled by hand; it never ran.',
      });
    });

    it('says that it timed out', async () => {
      await apply(services, [define('a', { timeout_seconds: 1, retry_policy: { max_attempts: 1 } })]);
      const id = await trigger(services, 'a');
      await run(services, id, (_, { signal }) => untilStopped(signal));
      const explanation = await explain(id);
      expect(explanation.ended).toMatchObject({ code: 'EXEC_011_TIMEOUT', retry: null });
      expect(explanation.trace.at(-1)).toMatchObject({ step: 10, rule: 12, verdict: 'FAIL' });
    });

    it('says that it was lost with its executor', async () => {
      await apply(services, [define('a')]);
      const id = await trigger(services, 'a');
      await run(services, id, async () => {
        await fixture.setClockOffset(2 * LEASE_MS);
        await takeBackLost(services, { evict: true });
        return succeedWith();
      });
      const explanation = await explain(id);
      expect(explanation.ended).toMatchObject({
        code: 'EXEC_012_EXECUTOR_LOST',
        retry: { status: 'PENDING' },
      });
      expect(explanation.trace.find(({ step }) => step === 9)).toMatchObject({ rule: 13, verdict: 'FAIL' });
    });
  });

  describe('computed again', () => {
    beforeEach(withExecutor);

    it('says which verdict comes out differently', async () => {
      await apply(services, [define('a', { concurrency: { queue_if_running: true } })]);
      await trigger(services, 'a');
      const id = await trigger(services, 'a');
      const key = fixture.key(`x:${id}`);
      await rewriteSealed(fixture.redis, key, (stored) => {
        expect(stored.match(/HOLD/g)).toHaveLength(1);
        return stored.replace('HOLD', 'SKIP');
      });
      const explanation = await explainExecution(services, await recordOf(services, id), { replay: true });
      expect(explanation.replay).toMatchObject({
        checked: 1,
        differences: [{ rule: 3, kept: 'SKIP', recomputed: 'HOLD', inputs: { mode: 'QUEUE', past_gate: 1 } }],
      });
    });

    it('is done only when it is asked for', async () => {
      await apply(services, [define('a')]);
      const record = await recordOf(services, await trigger(services, 'a'));
      expect((await explainExecution(services, record, { replay: false })).replay).toBeNull();
    });
  });
});

type End = () => Promise<string>;

const every = (interval_seconds: number) => ({ schedule_type: 'INTERVAL', interval_seconds }) as const;

/** A schedule of its own makes a job wait for its upstreams instead of being started by them. */
const NEVER: NonNullable<AuthoredJobDefinition['schedule']> = {
  schedule_type: 'CRON',
  cron_expression: '0 3 29 2 *',
};
