import {
  expireDeadLetters,
  forgetSchedules,
  pauseSchedule,
  promoteRetries,
  rerunRun,
  trimHistory,
  type Services,
} from '@phi/engine';
import type { PhiConfig } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  failWith,
  openEngine,
  succeedWith,
  trigger,
  type Body,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { closeSound } from './testing/expect-sound.js';
import { fire, runAll } from './testing/pipeline.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const fails: Body = () => failWith('EXEC_005_INVALID_CONFIG');

describe('trimming the history (specification: History Retention)', () => {
  let fixture: EngineFixture;
  let services: Services;
  let nominal = Date.UTC(2026, 0, 1);

  async function open(config: Partial<PhiConfig> = {}): Promise<void> {
    fixture = openEngine('history', { HISTORY_RETENTION_DAYS: 10, ...config });
    services = fixture.services;
    await fixture.registerExecutor('executor', 100 * DAY_MS);
  }
  beforeEach(() => open());
  afterEach(() => closeSound(fixture));

  /** Goes through all runs once. @returns how many executions were removed */
  async function trim(): Promise<number> {
    let removed = 0;
    for (let position = undefined as Awaited<ReturnType<typeof trimHistory>>['position']; ;) {
      const result = await trimHistory(services, position);
      removed += result.removed;
      position = result.position;
      if (position === undefined) return removed;
    }
  }

  const after = (days: number): Promise<void> => fixture.setClockOffset(days * DAY_MS + HOUR_MS);
  const keysOf = async (id: string): Promise<string[]> =>
    (await fixture.redis.keys(fixture.key('*'))).filter((name) => name.includes(id));

  /** One that a schedule has started, and that has ended. */
  async function ended(jobId: string, body: Body = () => succeedWith()): Promise<string> {
    const id = await fire(services, jobId, ++nominal);
    await fixture.runNext(body);
    return id;
  }

  it('removes what ended long enough ago, and nothing of it stays', async () => {
    await apply(services, [define('a')]);
    const old = await ended('a');
    await ended('a');
    await after(9);
    expect(await trim()).toBe(0);
    await after(10);
    // The newest outcome of a job stays for those who depend on it.
    expect(await trim()).toBe(1);
    expect(await services.executions.get(old)).toBeUndefined();
    expect(await keysOf(old)).toEqual([]);
    expect((await executionsOf(services, 'a')).map(({ status }) => status)).toEqual(['COMPLETED']);
    expect(await services.history.countEnded()).toBe(1);
    const members = await fixture.redis.zrange(fixture.key('runs'), '0', '-1');
    expect(members).not.toContain(old);
  });

  it('removes a run as a whole, retries and later passes with it, when the longest of its jobs is over', async () => {
    const retry_policy = { max_attempts: 2, initial_delay_seconds: 1 };
    await apply(services, [
      define('first', { retry_policy }),
      define('second', { after: ['first'], history_retention: { retention_days: 20 } }),
    ]);
    const id = await trigger(services, 'first');
    await fixture.runNext(() => failWith('EXEC_018_CONNECTION_FAILED'));
    await fixture.setClockOffset(10_000);
    await promoteRetries(services);
    await runAll(fixture, { second: fails });
    expect(await rerunRun(services, { run_id: id, actor: 'ada' })).toMatchObject({ ok: true, pass: 2 });
    await runAll(fixture, {});
    const members = await services.runs.executions(id);
    expect(members).toHaveLength(4);
    await after(15);
    expect(await trim()).toBe(0);
    await after(20);
    expect(await trim()).toBe(4);
    for (const member of members) expect(await keysOf(member)).toEqual([]);
    expect(await rerunRun(services, { run_id: id, actor: 'ada' })).toMatchObject({ refusal: 'UNKNOWN_RUN' });
  });

  it('goes by the job type where the job does not say', async () => {
    await fixture.close();
    await open({ HISTORY_RETENTION_DAYS_OUTPUT: 2 });
    await apply(services, [define('in'), define('out', { job_type: 'OUTPUT' })]);
    for (const job of ['in', 'out']) for (let turn = 0; turn < 2; turn++) await ended(job);
    await after(3);
    expect(await trim()).toBe(1);
    expect(await executionsOf(services, 'out')).toHaveLength(1);
  });

  it('keeps what is open, and dead letters for as long as they are ones', async () => {
    await apply(services, [define('a', { dead_letter: { retention_hours: 24 * 12 } })]);
    const letter = await ended('a', fails);
    await ended('a');
    const open = await fire(services, 'a', ++nominal);
    await after(11);
    expect(await trim()).toBe(0);
    await after(12);
    await expireDeadLetters(services);
    expect(await trim()).toBe(1);
    expect(await services.executions.get(open)).toBeDefined();
    expect(await keysOf(letter)).toEqual([]);
  });

  it('keeps what an open execution has taken from another run, and what is still to be taken', async () => {
    // It has a schedule of its own: upstreams do not start it, and what they bring waits for it.
    const schedule = { schedule_id: 's', schedule_type: 'CRON', cron_expression: '0 3 1 1 *' } as const;
    const after_both = [{ upstream_job_id: 'taken', join: 'EACH' as const }, { upstream_job_id: 'never' }];
    const dependency_policy = { timeout_seconds: 3600 };
    await apply(services, [
      define('taken'),
      define('never'),
      define('takes', { after: after_both, dependency_policy, schedule }),
    ]);
    const ids = [await ended('taken'), await ended('taken'), await ended('taken'), await ended('taken')];
    await after(11);
    expect(await trim()).toBe(0);
    const taker = await fire(services, 'takes', ++nominal);
    expect(await services.executions.get(taker)).toMatchObject({ status: 'PENDING' });
    expect(await services.history.usedByOpen()).toEqual(new Set(ids.slice(0, 1)));
    expect(await services.history.offered(ids)).toEqual(new Set(ids.slice(1)));
    expect(await trim()).toBe(0);

    // Without its taker nobody will take them; the first is still in use, the last is what the job came to last.
    const cancel = { execution_id: taker, actor: 'ada', reason: 'CANCEL_001_REQUESTED' };
    await apply(services, [define('takes', { schedule })]);
    expect(await trim()).toBe(2);
    expect(await services.executions.get(ids[0] ?? '')).toBeDefined();
    await services.executions.cancel([cancel]);
    expect(await trim()).toBe(1);
  });

  it.each(['is of another type', 'begins with an entry that cannot be read'])(
    'goes on where a queue of what is still to be taken %s',
    async (how) => {
      const schedule = { schedule_id: 's', schedule_type: 'CRON', cron_expression: '0 3 1 1 *' } as const;
      const each = { upstream_job_id: 'taken', dependency_id: 'taken', join: 'EACH' } as const;
      await apply(services, [define('taken'), define('takes', { after: [each], schedule }), define('other')]);
      for (const job of ['taken', 'other']) for (let turn = 0; turn < 2; turn++) await ended(job);
      const queue = fixture.key('each:takes|taken');
      expect(await fixture.redis.llen(queue)).toBe(2);
      await fixture.redis.del(queue);
      if (how === 'is of another type') await fixture.redis.set(queue, 'a text');
      else await fixture.redis.rpush(queue, 'a text');
      await after(11);
      expect(await trim()).toBe(2);
      for (const job of ['taken', 'other']) expect(await executionsOf(services, job)).toHaveLength(1);
    },
  );

  it('of a large run takes a part at a time; nobody runs it again in between', async () => {
    const fan = Array.from({ length: 150 }, (_, at) => define(`leaf-${String(at)}`, { after: ['root'] }));
    await apply(services, [define('root'), ...fan]);
    const id = await trigger(services, 'root');
    await runAll(fixture, {});
    const later = await fire(services, 'root', ++nominal);
    await runAll(fixture, {});
    await after(11);
    expect(await services.history.removeRun(id)).toEqual({ ok: true, removed: 100, more: true });
    const pass = { run_id: id, expected_pass: 1, op: 'again', members: ['root'], actor: 'ada' };
    expect(await services.runs.openPass({ ...pass, roots: [{ execution_id: id }] })).toMatchObject({
      ok: false,
    });
    expect(await trim()).toBe(51);
    expect(await services.runs.executions(later)).toHaveLength(151);
    expect(await keysOf(id)).toEqual([]);
  });

  it('beyond HISTORY_MAX_EXECUTIONS the oldest go before their time', async () => {
    await apply(services, [define('a')]);
    const ids = [await ended('a'), await ended('a'), await ended('a'), await ended('a')];
    const limited = { ...services, config: { ...services.config, HISTORY_MAX_EXECUTIONS: 2 } };
    expect(await trimHistory(limited, undefined)).toMatchObject({ removed: 2, early: 2 });
    const left = (await executionsOf(services, 'a')).map(({ execution_id }) => execution_id);
    expect(left.toSorted()).toEqual(ids.slice(2).toSorted());
    expect(await trimHistory(limited, undefined)).toMatchObject({ removed: 0, early: 0 });
  });

  it('a removed job leaves nothing but its revisions behind with its last execution, its schedule neither', async () => {
    const schedule = { schedule_id: 'nightly', schedule_type: 'CRON', cron_expression: '0 3 * * *' } as const;
    await apply(services, [define('gone', { schedule }), define('stays')]);
    await ended('gone');
    await apply(services, [], { removed: ['gone'] });
    expect(await forgetSchedules(services, undefined)).toMatchObject({ forgotten: 0 });
    await after(11);
    expect(await trim()).toBe(1);
    expect(await forgetSchedules(services, undefined)).toMatchObject({ forgotten: 1 });
    expect(await keysOf('gone')).toEqual([fixture.key('job_revisions:gone')]);
    expect(await keysOf('nightly')).toEqual([]);
  });

  it('who takes each outcome of a job that was removed and comes again takes the next ones', async () => {
    const schedule = { schedule_id: 's', schedule_type: 'CRON', cron_expression: '0 3 1 1 *' } as const;
    const takes = define('takes', { after: [{ upstream_job_id: 'comes', join: 'EACH' as const }], schedule });
    await apply(services, [define('comes'), takes]);
    await ended('comes');
    await apply(services, [], { removed: ['comes'] });
    const taker = await fire(services, 'takes', ++nominal);
    await services.executions.cancel([{ execution_id: taker, actor: 'ada', reason: 'CANCEL_001_REQUESTED' }]);
    await after(11);
    await trim();
    await apply(services, [define('comes', { name: 'another' })]);
    expect((await services.catalog.current()).jobs.get('comes')?.revision).toBe(2);
    const next = await ended('comes');
    expect(await services.history.offered([next])).toEqual(new Set([next]));
    await fire(services, 'takes', ++nominal);
    await runAll(fixture);
    expect((await executionsOf(services, 'takes')).map(({ status }) => status)).toContain('COMPLETED');
  });

  it('a schedule that is in force or paused is never forgotten', async () => {
    const schedule = { schedule_id: 'nightly', schedule_type: 'CRON', cron_expression: '0 3 1 1 *' } as const;
    await apply(services, [define('a', { schedule })]);
    await after(11);
    expect(await forgetSchedules(services, undefined)).toMatchObject({ forgotten: 0 });
    await pauseSchedule(services, 'nightly');
    await apply(services, [define('a', { schedule, enabled: false })]);
    await after(22);
    expect(await forgetSchedules(services, undefined)).toMatchObject({ forgotten: 0 });
  });
});
