import { expireDependencies, promoteRetries, type Services } from '@phi/engine';
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
import { closeSound } from './testing/expect-sound.js';
import { fire, outcomeOf, outcomesOf, runAll } from './testing/pipeline.js';

const PERMANENT = 'EXEC_005_INVALID_CONFIG';
const HOUR = 3_600_000;
const MONDAY = Date.UTC(2025, 0, 6);

describe('dependencies', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('dependencies');
    services = fixture.services;
    await fixture.registerExecutor('executor', 10 * HOUR);
  });
  afterEach(() => closeSound(fixture));

  const admitted = (): string => fixture.admitted.shift() ?? 'nothing admitted';
  const edgesOf = async (id: string) => {
    const edges = await services.executions.decidedEdges(id);
    return Object.fromEntries(edges.map((edge) => [edge.job_id, edge.verdict]));
  };

  describe('a diamond with a branch that is not taken', () => {
    const diamond = (skip_on_upstream_skip: boolean) => [
      define('load'),
      define('repair', {
        after: [{ upstream_job_id: 'load', condition: 'upstream.result.records_failed > 0' }],
      }),
      define('count', { after: ['load'] }),
      define('publish', { after: [{ upstream_job_id: 'repair', skip_on_upstream_skip }, 'count'] }),
    ];
    const load = (records_failed: number) => ({
      load: () => ({
        kind: 'succeeded' as const,
        achieved: { records_processed: 9, records_failed, metrics: {}, outputs: {} },
      }),
    });

    it('waives the branch and waits for the other alone', async () => {
      await apply(services, diamond(false));
      const id = await trigger(services, 'load');
      expect(await runAll(fixture, load(0))).toEqual(['load', 'count', 'publish']);
      expect(await outcomesOf(services, id)).toMatchObject({
        repair: 'CANCELLED SKIP_006_CONDITION_FALSE',
        publish: 'COMPLETED',
      });
      expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
    });

    it('passes the skip on at once where that is asked', async () => {
      await apply(services, diamond(true));
      const id = await trigger(services, 'load');
      expect(await runAll(fixture, load(0))).toEqual(['load', 'count']);
      expect(await outcomesOf(services, id)).toMatchObject({
        publish: 'CANCELLED SKIP_005_UPSTREAM_SKIPPED',
      });
      expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
    });

    it('takes it where the condition holds', async () => {
      await apply(services, diamond(true));
      await trigger(services, 'load');
      expect((await runAll(fixture, load(1))).sort()).toEqual(['count', 'load', 'publish', 'repair']);
    });
  });

  describe('a condition', () => {
    it('sees how the upstream ended, under COMPLETION also a failure', async () => {
      const on = { upstream_job_id: 'a', dependency_type: 'COMPLETION' } as const;
      await apply(services, [
        define('a', { retry_policy: { max_attempts: 1 } }),
        define('after-failure', { after: [{ ...on, condition: 'upstream.status == "FAILED"' }] }),
        define('after-success', { after: [{ ...on, condition: 'upstream.status == "COMPLETED"' }] }),
      ]);
      await trigger(services, 'a');
      expect(await runAll(fixture, { a: () => failWith(PERMANENT) })).toEqual(['a', 'after-failure']);
      await trigger(services, 'a');
      expect(await runAll(fixture)).toEqual(['a', 'after-success']);
    });

    it('that has no answer keeps the dependent from running, and says why', async () => {
      await apply(services, [
        define('a'),
        define('b', { after: [{ upstream_job_id: 'a', condition: 'upstream.result.outputs.rows == "1"' }] }),
      ]);
      const id = await trigger(services, 'a');
      await runAll(fixture);
      expect(await outcomesOf(services, id)).toMatchObject({ b: 'CANCELLED DEP_007_CONDITION_FAILED' });
      const [b] = await executionsOf(services, 'b');
      expect(b?.history.at(-1)?.detail).toContain('rows');
      expect(await services.runs.get(id)).toMatchObject({ status: 'failed', open: 0 });
    });

    it('is asked once more where whoever caused it to be asked is gone, and counts once', async () => {
      await apply(services, [
        define('a'),
        define('b', { after: [{ upstream_job_id: 'a', condition: 'upstream.result.exit_code == 0' }] }),
      ]);
      await trigger(services, 'a');
      await run(services, admitted(), () => succeedWith());
      const asked = await services.executions.askedConditions(10);
      expect(asked).toHaveLength(1);
      const [b] = await executionsOf(services, 'b');
      expect(b).toMatchObject({ status: 'PENDING' });
      const answer = { ...asked[0], answer: 'true', actor: 'test' } as never;
      await Promise.all([1, 2, 3].map(() => services.executions.answerConditions([answer, answer])));
      expect(await services.executions.askedConditions(10)).toEqual([]);
      expect(await runAll(fixture)).toEqual(['b']);
    });

    it('has no use for an answer about an outcome that a newer one has taken the place of', async () => {
      const condition = 'upstream.result.outputs.wanted == "yes"';
      await apply(services, [
        define('a'),
        define('b', {
          schedule: { schedule_type: 'CRON', cron_expression: '0 * * * *' },
          after: [{ upstream_job_id: 'a', condition, timeout_seconds: 60 }],
        }),
      ]);
      const waiting = await fire(services, 'b', MONDAY + HOUR);
      await fire(services, 'a', MONDAY);
      await run(services, admitted(), () => succeedWith({ wanted: 'yes' }));
      const [asked] = await services.executions.askedConditions(10);
      await fire(services, 'a', MONDAY + 1);
      await run(services, admitted(), () => succeedWith({ wanted: 'no' }));
      await services.executions.answerConditions([{ ...asked, answer: 'true', actor: 'test' } as never]);
      expect((await recordOf(services, waiting)).status).toBe('PENDING');
      await runAll(fixture);
      expect(outcomeOf(await recordOf(services, waiting))).toBe('CANCELLED SKIP_006_CONDITION_FALSE');
    });

    it('is not asked any more when the dependent is cancelled', async () => {
      await apply(services, [
        define('a'),
        define('b', { after: [{ upstream_job_id: 'a', condition: 'true' }] }),
      ]);
      await trigger(services, 'a');
      await run(services, admitted(), () => succeedWith());
      const [b] = await executionsOf(services, 'b');
      await services.executions.cancel([
        { execution_id: b?.execution_id ?? '', actor: 'test', reason: 'CANCEL_001_REQUESTED' },
      ]);
      expect(await fixture.redis.zcard(fixture.key('conditions'))).toBe(0);
      expect(await runAll(fixture)).toEqual([]);
    });
  });

  describe('hourly joins daily', () => {
    const hourly = (join: 'NEW' | 'LATEST') => [
      define('daily', { schedule: { schedule_type: 'CRON', cron_expression: '0 2 * * *' } }),
      define('hourly', {
        schedule: { schedule_type: 'CRON', cron_expression: '0 * * * *' },
        after: [{ upstream_job_id: 'daily', join, timeout_seconds: 600 }],
      }),
    ];

    it('LATEST takes the same day each hour', async () => {
      await apply(services, hourly('LATEST'));
      await fire(services, 'daily', MONDAY + 2 * HOUR);
      await runAll(fixture);
      for (const hour of [3, 4, 5]) await fire(services, 'hourly', MONDAY + hour * HOUR);
      expect(await runAll(fixture)).toEqual(['hourly', 'hourly', 'hourly']);
    });

    it('NEW uses the day up: the next hour waits for the next one, or for its time-out', async () => {
      await apply(services, hourly('NEW'));
      await fire(services, 'daily', MONDAY + 2 * HOUR);
      await runAll(fixture);
      await fire(services, 'hourly', MONDAY + 3 * HOUR);
      const second = await fire(services, 'hourly', MONDAY + 4 * HOUR);
      const third = await fire(services, 'hourly', MONDAY + 5 * HOUR);
      expect(await runAll(fixture)).toEqual(['hourly']);
      await fire(services, 'daily', MONDAY + 26 * HOUR);
      expect(await runAll(fixture)).toEqual(['daily', 'hourly']);
      expect(await recordOf(services, second)).toMatchObject({ status: 'COMPLETED' });
      await fixture.setClockOffset(601_000);
      await expireDependencies(services);
      expect(outcomeOf(await recordOf(services, third))).toBe('CANCELLED DEP_003_TIMEOUT');
    });
  });

  describe('two upstreams of different pipelines', () => {
    const joined = (join: 'NEW' | 'EACH') => [
      define('left'),
      define('right'),
      define('both', {
        after: [
          { upstream_job_id: 'left', join },
          { upstream_job_id: 'right', join, timeout_seconds: 3600 },
        ],
      }),
      define('after', { after: ['both'] }),
    ];

    it('NEW: the newest run waits, the earlier ones are superseded, and one outcome of the other starts one execution', async () => {
      await apply(services, joined('NEW'));
      const runs: string[] = [];
      for (const hour of [1, 3, 2]) {
        runs.push(await fire(services, 'left', MONDAY + hour * HOUR));
        expect(await runAll(fixture)).toEqual(['left']);
      }
      await fire(services, 'right', MONDAY);
      expect(await runAll(fixture)).toEqual(['right', 'both', 'after']);
      const superseded = {
        both: 'CANCELLED SKIP_007_SUPERSEDED',
        after: 'CANCELLED SKIP_005_UPSTREAM_SKIPPED',
      };
      expect(await outcomesOf(services, runs[0] ?? '')).toMatchObject(superseded);
      expect(await outcomesOf(services, runs[1] ?? '')).toMatchObject({
        both: 'COMPLETED',
        after: 'COMPLETED',
      });
      // It came last and is of an earlier hour.
      expect(await outcomesOf(services, runs[2] ?? '')).toMatchObject(superseded);
      for (const id of runs) expect(await services.runs.get(id)).toMatchObject({ open: 0 });
    });

    it('NEW: no outcome is used twice, whichever comes first', async () => {
      await apply(services, joined('NEW'));
      for (let n = 1; n <= 4; n++) await fire(services, n % 2 === 0 ? 'left' : 'right', MONDAY + n * HOUR);
      const ran = await runAll(fixture);
      expect(ran.filter((job) => job === 'both')).toHaveLength(2);
      await fire(services, 'left', MONDAY + 9 * HOUR);
      expect(await runAll(fixture)).toEqual(['left']);
    });

    it('EACH: every outcome once, first in, first out', async () => {
      await apply(services, joined('EACH'));
      const lefts: string[] = [];
      for (const hour of [1, 3, 2]) lefts.push(await fire(services, 'left', MONDAY + hour * HOUR));
      expect(await runAll(fixture)).toEqual(['left', 'left', 'left']);
      const pairs: string[] = [];
      for (let n = 0; n < 3; n++) {
        const right = await fire(services, 'right', MONDAY);
        expect((await runAll(fixture)).filter((job) => job === 'both')).toHaveLength(1);
        const done = (await executionsOf(services, 'both')).filter(({ status }) => status === 'COMPLETED');
        const used = await Promise.all(
          done.map((record) => services.executions.decidedEdges(record.execution_id)),
        );
        const pair = used.find((edges) => edges.some((edge) => edge.execution_id === right));
        pairs.push(pair?.find((edge) => edge.job_id === 'left')?.execution_id ?? 'none');
      }
      expect(pairs).toEqual(lefts);
    });
  });

  describe('EACH', () => {
    const each = (more = {}) => [
      define('source'),
      define('taker', {
        schedule: { schedule_type: 'CRON', cron_expression: '0 * * * *' },
        after: [{ upstream_job_id: 'source', join: 'EACH', timeout_seconds: 60, ...more }],
      }),
    ];
    const taken = async (id: string): Promise<string | undefined> =>
      (await services.executions.decidedEdges(id))[0]?.execution_id;

    it('takes the late one as well, and waits where all are taken', async () => {
      await apply(services, each());
      const sources: string[] = [];
      for (const hour of [1, 3, 2]) sources.push(await fire(services, 'source', MONDAY + hour * HOUR));
      await runAll(fixture);
      const takers: string[] = [];
      for (const hour of [4, 5, 6, 7]) takers.push(await fire(services, 'taker', MONDAY + hour * HOUR));
      expect(await runAll(fixture)).toHaveLength(3);
      expect(await Promise.all(takers.map(taken))).toEqual([...sources, undefined]);
    });

    it('gives back what it has taken when it is cancelled unused, to who has waited longest', async () => {
      await apply(services, [
        define('source'),
        define('other'),
        define('taker', {
          schedule: { schedule_type: 'CRON', cron_expression: '0 * * * *' },
          after: [
            { upstream_job_id: 'source', join: 'EACH', timeout_seconds: 60 },
            { upstream_job_id: 'other', join: 'LATEST', timeout_seconds: 60 },
          ],
        }),
      ]);
      const source = await fire(services, 'source', MONDAY);
      await runAll(fixture);
      const [first, second] = [
        await fire(services, 'taker', MONDAY),
        await fire(services, 'taker', MONDAY + 1),
      ];
      expect([await taken(first), await taken(second)]).toEqual([source, undefined]);
      await services.executions.cancel([
        { execution_id: first, actor: 'test', reason: 'CANCEL_001_REQUESTED' },
      ]);
      expect(await taken(second)).toBe(source);
      await fire(services, 'other', MONDAY);
      expect(await runAll(fixture)).toEqual(['other', 'taker']);
    });

    it('a false condition takes the outcome and skips', async () => {
      await apply(services, each({ condition: 'upstream.result.outputs.kind == "wanted"' }));
      for (const kind of ['other', 'wanted']) {
        await fire(services, 'source', MONDAY);
        await runAll(fixture, { source: () => succeedWith({ kind }) });
      }
      const takers = [await fire(services, 'taker', MONDAY), await fire(services, 'taker', MONDAY + 1)];
      expect(await runAll(fixture)).toEqual(['taker']);
      expect(await Promise.all(takers.map(async (id) => outcomeOf(await recordOf(services, id))))).toEqual([
        'CANCELLED SKIP_006_CONDITION_FALSE',
        'COMPLETED',
      ]);
    });

    it('leaves out what does not meet it, and forgets what waits when the dependency goes', async () => {
      await apply(services, each());
      await fire(services, 'source', MONDAY);
      await runAll(fixture, { source: () => failWith(PERMANENT) });
      expect(await fixture.redis.keys(fixture.key('each:*'))).toEqual([]);
      await fire(services, 'source', MONDAY);
      await runAll(fixture);
      expect(await fixture.redis.keys(fixture.key('each:*'))).toHaveLength(1);
      await apply(services, [define('source'), define('taker')]);
      expect(await fixture.redis.keys(fixture.key('each*'))).toEqual([]);
    });
  });

  describe('by hand in the middle', () => {
    it('takes what the upstream brought last, used or not, and keeps to itself', async () => {
      await apply(services, [
        define('load'),
        define('shape', { after: ['load'] }),
        define('publish', { after: ['shape'] }),
        define('elsewhere', {
          schedule: { schedule_type: 'CRON', cron_expression: '0 * * * *' },
          after: [{ upstream_job_id: 'shape', timeout_seconds: 60 }],
        }),
      ]);
      await fire(services, 'load', MONDAY);
      await runAll(fixture, { load: () => succeedWith({ path: 'monday' }) });
      const used = await fire(services, 'elsewhere', MONDAY + 1);
      const waiting = await fire(services, 'elsewhere', MONDAY + 2);
      await runAll(fixture);
      expect((await recordOf(services, used)).status).toBe('COMPLETED');
      const seen: unknown[] = [];
      const look = {
        shape: (attempt: { upstream: unknown }) => (seen.push(attempt.upstream), succeedWith()),
      };
      await trigger(services, 'shape');
      expect(await runAll(fixture, look)).toEqual(['shape', 'publish']);
      expect(seen).toEqual([{ load: { path: 'monday' } }]);
      expect((await recordOf(services, waiting)).status).toBe('PENDING');
      await trigger(services, 'shape', { propagate: true });
      expect((await runAll(fixture, look)).sort()).toEqual(['elsewhere', 'publish', 'shape']);
    });
  });

  describe('late and backfilled upstreams', () => {
    const gated = (join: 'NEW' | 'LATEST') => [
      define('daily'),
      define('report', {
        schedule: { schedule_type: 'CRON', cron_expression: '0 * * * *' },
        after: [{ upstream_job_id: 'daily', join, timeout_seconds: 60 }],
      }),
    ];
    const DAY = 24 * HOUR;

    it('never count as the newest: LATEST goes on taking the newest day', async () => {
      await apply(services, gated('LATEST'));
      const days = [];
      for (const day of [1, 2, 0]) days.push(await fire(services, 'daily', MONDAY + day * DAY));
      await runAll(fixture);
      const report = await fire(services, 'report', MONDAY + 3 * DAY);
      await runAll(fixture);
      expect((await services.executions.decidedEdges(report))[0]).toMatchObject({
        execution_id: days[1],
        time: MONDAY + 2 * DAY,
      });
    });

    it('do not start a NEW edge again that has used a newer one', async () => {
      await apply(services, gated('NEW'));
      await fire(services, 'daily', MONDAY + 2 * DAY);
      await runAll(fixture);
      await fire(services, 'report', MONDAY + 2 * DAY + 1);
      await runAll(fixture);
      await fire(services, 'daily', MONDAY);
      await runAll(fixture);
      const second = await fire(services, 'report', MONDAY + 2 * DAY + 2);
      expect(await runAll(fixture)).toEqual([]);
      expect((await recordOf(services, second)).status).toBe('PENDING');
    });
  });

  describe('data', () => {
    it('a consumer starts when the dataset is published, before its producer ends', async () => {
      await apply(services, [
        define('producer', { produces: ['raw/orders', 'raw/other'] }),
        define('consumer', { consumes: ['raw/orders'] }),
        define('other', { consumes: ['raw/other'] }),
        define('at-the-end', { after: ['producer'] }),
      ]);
      const id = await trigger(services, 'producer');
      let meanwhile: string[] = [];
      const ran = await runAll(fixture, {
        producer: async (_attempt, { onPublish }) => {
          onPublish('raw/orders');
          onPublish('raw/orders');
          onPublish('not/ours');
          while (meanwhile.length === 0) {
            await new Promise((resolve) => setImmediate(resolve));
            const records = await services.executions.getMany(await services.runs.executions(id));
            meanwhile = records.map((record) => record.job_id).filter((job) => job !== 'producer');
          }
          return succeedWith();
        },
      });
      expect(meanwhile).toEqual(['consumer']);
      expect(ran.sort()).toEqual(['at-the-end', 'consumer', 'other', 'producer']);
      expect(await services.events.published(10)).toEqual([
        { execution_id: id, dataset: 'raw/orders' },
        { execution_id: id, dataset: 'raw/other' },
      ]);
      expect((await services.logs.read(id, undefined, 10)).map(({ text }) => text)).toEqual([
        'not/ours is not published: the job does not say that it produces it',
      ]);
    });

    it('what was published stays published when the producer fails, and a retry does not publish it again', async () => {
      await apply(services, [
        define('producer', {
          produces: ['raw'],
          retry_policy: { max_attempts: 2, initial_delay_seconds: 1, max_delay_seconds: 1 },
        }),
        define('consumer', { consumes: ['raw'] }),
        define('strict', { after: ['producer'] }),
      ]);
      const id = await trigger(services, 'producer');
      const fails = {
        producer: (_attempt: unknown, { onPublish }: { onPublish: (dataset: string) => void }) => {
          onPublish('raw');
          return failWith('EXEC_018_CONNECTION_FAILED');
        },
      };
      expect(await runAll(fixture, fails)).toEqual(['producer', 'consumer']);
      await fixture.setClockOffset(60_000);
      await promoteRetries(services);
      expect(await runAll(fixture, fails)).toEqual(['producer']);
      expect(await services.events.published(10)).toHaveLength(1);
      expect(await outcomesOf(services, id)).toMatchObject({
        consumer: 'COMPLETED',
        strict: 'CANCELLED DEP_004_UPSTREAM_NOT_MET',
      });
    });

    it('of several producers any satisfies it, and only all failing fail it', async () => {
      await apply(services, [
        define('root'),
        define('one', { produces: ['raw'], after: ['root'], retry_policy: { max_attempts: 1 } }),
        define('two', { produces: ['raw'], after: ['root'], retry_policy: { max_attempts: 1 } }),
        define('consumer', { consumes: ['raw'] }),
      ]);
      const fail = () => failWith(PERMANENT);
      let id = await trigger(services, 'root');
      expect(await runAll(fixture, { one: fail })).toEqual(['root', 'one', 'two', 'consumer']);
      id = await trigger(services, 'root');
      expect(await runAll(fixture, { one: fail, two: fail })).toEqual(['root', 'one', 'two']);
      expect(await outcomesOf(services, id)).toMatchObject({
        consumer: 'CANCELLED DEP_004_UPSTREAM_NOT_MET',
      });
      id = await trigger(services, 'root');
      expect(await runAll(fixture)).toEqual(['root', 'one', 'two', 'consumer']);
      expect((await executionsOf(services, 'consumer')).filter(({ run_id }) => run_id === id)).toHaveLength(
        1,
      );
    });

    it('an output takes the place of its reference, in whatever the definition says and nothing else', async () => {
      await apply(services, [
        define('export'),
        define('load', {
          parameters: {
            path: 's3://bucket/${{ jobs.export.outputs.key }}.csv',
            deep: [{ count: '${{ jobs.export.outputs.rows }}' }],
            kept: '${{ env.HOME }}',
            given: '${{ jobs.export.outputs.missing }}',
          },
        }),
      ]);
      const seen: unknown[] = [];
      const bodies = {
        export: () => succeedWith({ key: '$&/2031', rows: '7' }),
        load: (attempt: { parameters: unknown }) => (seen.push(attempt.parameters), succeedWith()),
      };
      const first = await fire(services, 'export', MONDAY);
      await runAll(fixture, bodies);
      expect(seen).toEqual([]);
      const [refused] = (await executionsOf(services, 'load')).filter(({ run_id }) => run_id === first);
      expect(outcomeOf(refused as never)).toBe('FAILED DEP_008_OUTPUT_MISSING');
      const given = '${{ jobs.export.outputs.key }}';
      await trigger(services, 'load', { parameters: { given } });
      await runAll(fixture, bodies);
      expect(seen).toEqual([
        { path: 's3://bucket/$&/2031.csv', deep: [{ count: '7' }], kept: '${{ env.HOME }}', given },
      ]);
    });
  });

  describe('a temporal dependency', () => {
    const window = { after_seconds: 600, within_seconds: 1200 };

    it('inside the run holds the dependent from so long after the nominal time on, and not past the end', async () => {
      await apply(services, [
        define('a'),
        define('b', { after: [{ upstream_job_id: 'a', window }] }),
        define('c', { after: [{ upstream_job_id: 'b', dependency_type: 'COMPLETION' }] }),
      ]);
      const now = await services.schedules.now();
      const id = await fire(services, 'a', now);
      expect(await runAll(fixture)).toEqual(['a']);
      await promoteRetries(services);
      expect(await runAll(fixture)).toEqual([]);
      await fixture.setClockOffset(601_000);
      await promoteRetries(services);
      expect(await runAll(fixture)).toEqual(['b', 'c']);
      const late = await fire(services, 'a', now + 601_000);
      await runAll(fixture);
      await fixture.setClockOffset(601_000 + 1_201_000);
      await promoteRetries(services);
      expect(await runAll(fixture)).toEqual(['c']);
      expect(await outcomesOf(services, late)).toMatchObject({ b: 'CANCELLED DEP_006_WINDOW_MISSED' });
      expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
    });

    it('counts from the beginning of a run that is late itself', async () => {
      await apply(services, [define('a'), define('b', { after: [{ upstream_job_id: 'a', window }] })]);
      const now = await services.schedules.now();
      await fire(services, 'a', now - 24 * HOUR);
      expect(await runAll(fixture)).toEqual(['a']);
      await fixture.setClockOffset(601_000);
      await promoteRetries(services);
      expect(await runAll(fixture)).toEqual(['b']);
    });

    it('from outside takes an outcome whose nominal time is so long before its own', async () => {
      await apply(services, [
        define('a'),
        define('b', {
          schedule: { schedule_type: 'CRON', cron_expression: '0 * * * *' },
          after: [{ upstream_job_id: 'a', join: 'LATEST', window, timeout_seconds: 60 }],
        }),
      ]);
      await fire(services, 'a', MONDAY);
      await runAll(fixture);
      const at = (seconds: number) => fire(services, 'b', MONDAY + seconds * 1000);
      const tries = [await at(599), await at(600), await at(1200), await at(1201)];
      expect(await runAll(fixture)).toEqual(['b', 'b']);
      expect(await Promise.all(tries.map(async (id) => (await recordOf(services, id)).status))).toEqual([
        'PENDING',
        'COMPLETED',
        'COMPLETED',
        'PENDING',
      ]);
    });
  });

  it('a clean-up after COMPLETION runs when its upstream was cancelled, not when that was cancelled from further up', async () => {
    await apply(services, [
      define('a'),
      define('b', { after: ['a'] }),
      define('clean-a', { after: [{ upstream_job_id: 'a', dependency_type: 'COMPLETION' }] }),
      define('clean-b', { after: [{ upstream_job_id: 'b', dependency_type: 'COMPLETION' }] }),
    ]);
    const id = await trigger(services, 'a');
    await services.executions.cancel([
      { execution_id: id, actor: 'test', reason: 'CANCEL_001_REQUESTED', cascade: 'ALL_DOWNSTREAM' },
    ]);
    fixture.admitted.shift();
    expect(await runAll(fixture)).toEqual(['clean-a']);
    expect(await outcomesOf(services, id)).toMatchObject({
      b: 'CANCELLED CANCEL_002_CASCADED',
      'clean-b': 'CANCELLED DEP_004_UPSTREAM_NOT_MET',
    });
    expect(await edgesOf(id)).toEqual({});
  });
});
