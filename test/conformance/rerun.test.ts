import { promoteRetries, rerunRun, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  failWith,
  openEngine,
  run,
  succeedWith,
  trigger,
  type Body,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { closeSound } from './testing/expect-sound.js';
import { fire, outcomesOf, runAll } from './testing/pipeline.js';

const fails: Body = () => failWith('EXEC_005_INVALID_CONFIG');
const MONDAY = Date.UTC(2025, 0, 6);

describe('running a run again', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('rerun');
    services = fixture.services;
    await fixture.registerExecutor('executor', 3_600_000);
  });
  afterEach(() => closeSound(fixture));

  const rerun = (run_id: string, from?: readonly string[]) =>
    rerunRun(services, { run_id, actor: 'tester', from });

  const pipeline = () => [
    define('extract'),
    define('left', { after: ['extract'] }),
    define('right', { after: ['extract'] }),
    define('join', { after: ['left', 'right'] }),
    define('publish', { after: ['join'] }),
    define('clean', { after: [{ upstream_job_id: 'left', dependency_type: 'COMPLETION' }] }),
  ];

  it('carries the pipeline on from what failed, and runs nothing again that has run', async () => {
    await apply(services, pipeline());
    const id = await trigger(services, 'extract', { parameters: { day: 'monday' } });
    expect((await runAll(fixture, { left: fails })).sort()).toEqual(['clean', 'extract', 'left', 'right']);
    expect(await services.runs.get(id)).toMatchObject({ status: 'failed', open: 0 });
    expect(await rerun(id)).toMatchObject({ ok: true, pass: 2, from: ['left'], after: ['join', 'publish'] });
    expect(await services.runs.get(id)).toMatchObject({ status: 'running' });
    const seen: unknown[] = [];
    const left: Body = (attempt) => {
      seen.push(attempt.upstream);
      return succeedWith({ path: 'mended' });
    };
    const join: Body = (attempt) => {
      seen.push(attempt.upstream);
      return succeedWith();
    };
    expect(await runAll(fixture, { left, join })).toEqual(['left', 'join', 'publish']);
    expect(seen).toEqual([{ extract: {} }, { left: { path: 'mended' }, right: {} }]);
    expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
    expect(await outcomesOf(services, id)).toMatchObject({ left: 'COMPLETED', join: 'COMPLETED' });
    const passes = (await executionsOf(services, 'join')).map(
      ({ pass, status }) => `${String(pass)} ${status}`,
    );
    expect(passes.sort()).toEqual(['1 CANCELLED', '2 COMPLETED']);
  });

  describe('by the definitions that are registered now', () => {
    const now = (run_id: string, from?: readonly string[]) =>
      rerunRun(services, { run_id, actor: 'tester', from, definition: 'NOW' });
    const revisionsOf = async (job: string): Promise<string[]> =>
      (await executionsOf(services, job))
        .map(({ pass, job_revision }) => `${String(pass)} by ${String(job_revision)}`)
        .toSorted();

    it('runs what failed and all that comes after it by them, and leaves out what was not in the run', async () => {
      await apply(services, pipeline());
      const id = await trigger(services, 'extract', { parameters: { day: 'monday' } });
      await runAll(fixture, { left: fails });
      const kept = pipeline().filter(({ job_id }) => !['left', 'join'].includes(job_id));
      const changed = [
        define('left', { after: ['extract', 'fresh'], timeout_seconds: 5 }),
        define('join', { after: ['left', 'right', 'fresh'] }),
        define('fresh', { after: ['extract'] }),
      ];
      await apply(services, [...kept, ...changed]);
      expect(await now(id)).toMatchObject({ ok: true, pass: 2, from: ['left'], after: ['join', 'publish'] });
      expect(await runAll(fixture)).toEqual(['left', 'join', 'publish']);
      expect(await revisionsOf('left')).toEqual(['1 by 1', '2 by 2']);
      expect(await revisionsOf('join')).toEqual(['1 by 1', '2 by 2']);
      expect(await executionsOf(services, 'fresh')).toEqual([]);
      expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
    });

    it('runs by those of the run where nothing else is said', async () => {
      await apply(services, pipeline());
      const id = await trigger(services, 'extract');
      await runAll(fixture, { left: fails });
      await apply(services, [define('left', { after: ['extract'], timeout_seconds: 5 })]);
      await rerun(id);
      expect(await runAll(fixture)).toEqual(['left', 'join', 'publish']);
      expect(await revisionsOf('left')).toEqual(['1 by 1', '2 by 1']);
    });

    it('is refused with the names of jobs that are gone', async () => {
      await apply(services, pipeline());
      const id = await trigger(services, 'extract');
      await runAll(fixture, { left: fails });
      await apply(services, [define('extract'), define('left')]);
      expect(await now(id)).toEqual({ ok: false, refusal: 'JOB_GONE', jobs: ['left'] });
      expect(await services.runs.latestPass(id)).toBe(1);
    });
  });

  it('opens a third pass where the second fails as well, elsewhere', async () => {
    await apply(services, pipeline());
    const id = await trigger(services, 'extract');
    await runAll(fixture, { left: fails });
    await rerun(id);
    expect(await runAll(fixture, { join: fails })).toEqual(['left', 'join']);
    expect(await rerun(id)).toMatchObject({ ok: true, pass: 3, from: ['join'], after: ['publish'] });
    expect(await runAll(fixture)).toEqual(['join', 'publish']);
    expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
  });

  it('of several that failed, those behind others come in their turn', async () => {
    await apply(services, [
      define('a'),
      define('b', { after: [{ upstream_job_id: 'a', dependency_type: 'COMPLETION' }] }),
      define('c', { after: ['a', 'b'] }),
    ]);
    const id = await trigger(services, 'a');
    await runAll(fixture, { a: fails, b: fails });
    expect(await rerun(id)).toMatchObject({ ok: true, from: ['a'], after: ['b', 'c'] });
    expect(await runAll(fixture)).toEqual(['a', 'b', 'c']);
    expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
  });

  it('runs the root of a run of one again', async () => {
    await apply(services, [define('a')]);
    const id = await fire(services, 'a', MONDAY);
    await runAll(fixture, { a: fails });
    expect(await services.runs.get(id)).toMatchObject({ status: 'failed' });
    expect(await rerun(id)).toMatchObject({ ok: true, pass: 2, from: ['a'], after: [] });
    expect(await services.runs.get(id)).toMatchObject({ status: 'running', open: 1 });
    expect(await runAll(fixture)).toEqual(['a']);
    expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
    expect((await executionsOf(services, 'a')).map(({ scheduled_time }) => scheduled_time)).toEqual([
      MONDAY,
      MONDAY,
    ]);
  });

  it('starts from a job that is named, failed or not', async () => {
    await apply(services, pipeline());
    const id = await trigger(services, 'extract');
    await runAll(fixture);
    expect(await rerun(id)).toEqual({ ok: false, refusal: 'NOTHING_FAILED' });
    expect(await rerun(id, ['right', 'nobody'])).toEqual({
      ok: false,
      refusal: 'UNKNOWN_JOB',
      jobs: ['nobody'],
    });
    expect(await rerun(id, ['right'])).toMatchObject({ ok: true, from: ['right'], after: [] });
    expect(await runAll(fixture)).toEqual(['right']);
  });

  it('takes what others outside waited for, once it succeeds', async () => {
    await apply(services, [
      define('a'),
      define('outside', {
        schedule: { schedule_type: 'CRON', cron_expression: '0 * * * *' },
        after: [{ upstream_job_id: 'a', timeout_seconds: 600 }],
      }),
    ]);
    const id = await fire(services, 'a', MONDAY);
    await fire(services, 'outside', MONDAY + 1);
    expect(await runAll(fixture, { a: fails })).toEqual(['a']);
    await rerun(id);
    expect(await runAll(fixture)).toEqual(['a', 'outside']);
  });

  it('opens one pass however often and however concurrently it is asked', async () => {
    await apply(services, pipeline());
    const id = await trigger(services, 'extract');
    await runAll(fixture, { left: fails });
    const others = [services, fixture.anotherProcess(), fixture.anotherProcess()];
    const same = await Promise.all(
      others.map((each) => rerunRun(each, { run_id: id, actor: 'tester', idempotency_key: 'once' })),
    );
    expect(same.every((result) => result.ok && result.pass === 2)).toBe(true);
    expect(await rerun(id)).toEqual({ ok: false, refusal: 'NOTHING_FAILED' });
    expect(await runAll(fixture, { left: fails })).toEqual(['left']);
    const again = await rerunRun(services, { run_id: id, actor: 'tester', idempotency_key: 'once' });
    expect(again).toEqual({ ok: true, pass: 2, from: ['left'], after: ['join', 'publish'] });
    expect(await executionsOf(services, 'left')).toHaveLength(2);
  });

  it('is refused while what is named is open, and of a run that is not there', async () => {
    await apply(services, pipeline());
    const id = await trigger(services, 'extract');
    expect(await rerun(id, ['extract'])).toEqual({ ok: false, refusal: 'OPEN' });
    expect(await rerun('nothing')).toEqual({ ok: false, refusal: 'UNKNOWN_RUN' });
  });

  it('retries within a pass, and what comes after waits for the last attempt', async () => {
    await apply(services, [
      define('a', { retry_policy: { max_attempts: 2, initial_delay_seconds: 1, max_delay_seconds: 1 } }),
      define('b', { after: ['a'] }),
    ]);
    const id = await trigger(services, 'a');
    await runAll(fixture, { a: fails });
    await rerun(id);
    expect(await runAll(fixture, { a: () => failWith('EXEC_018_CONNECTION_FAILED') })).toEqual(['a']);
    await fixture.setClockOffset(60_000);
    await promoteRetries(services);
    expect(await runAll(fixture)).toEqual(['a', 'b']);
    expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
  });

  it('waits with a branch that is still under way', async () => {
    await apply(services, pipeline());
    const id = await trigger(services, 'extract');
    const take = async (job: string): Promise<string> => {
      const [record] = (await executionsOf(services, job)).filter(({ status }) => status === 'QUEUED');
      const execution_id = record?.execution_id ?? `none of ${job} is queued`;
      fixture.admitted.splice(fixture.admitted.indexOf(execution_id), 1);
      return execution_id;
    };
    await run(services, await take('extract'), () => succeedWith());
    const right = await take('right');
    await run(services, await take('left'), fails);
    expect(await rerun(id)).toMatchObject({ ok: true, from: ['left'], after: ['join', 'publish'] });
    expect((await runAll(fixture)).sort()).toEqual(['clean', 'left']);
    expect((await executionsOf(services, 'join')).map(({ status }) => status).sort()).toEqual([
      'CANCELLED',
      'PENDING',
    ]);
    await run(services, right, () => succeedWith());
    expect(await runAll(fixture)).toEqual(['join', 'publish']);
    expect(await services.runs.get(id)).toMatchObject({ status: 'succeeded', open: 0 });
  });
});
