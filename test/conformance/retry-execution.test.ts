import {
  cancelExecution,
  promoteRetries,
  RETRIED_STATUSES,
  retryExecution,
  retryExecutions,
  type RetryRequest,
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
  succeedWith,
  trigger,
  type Body,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { closeSound } from './testing/expect-sound.js';

const PERMANENT = 'EXEC_005_INVALID_CONFIG';
const TRANSIENT = 'EXEC_018_CONNECTION_FAILED';
const HOUR_S = 3600;

describe('a retry by hand (Execution Control)', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('retry');
    services = fixture.services;
    await fixture.registerExecutor('executor');
    const retry_policy = { max_attempts: 3, initial_delay_seconds: HOUR_S };
    await apply(services, [define('a', { retry_policy }), define('b', { after: ['a'] })]);
  });
  afterEach(() => closeSound(fixture));

  const fails = (code: string) => (): ReturnType<Body> => failWith(code);
  const retry = (execution_id: string, more: Partial<RetryRequest> = {}, by = services) =>
    retryExecution(by, { execution_id, actor: 'ada', ...more });

  async function failed(code: string): Promise<string> {
    const id = await trigger(services, 'a');
    await fixture.runNext(fails(code));
    return id;
  }
  const nextOf = async (id: string): Promise<string> => (await recordOf(services, id)).retried_by ?? '';

  describe('of one that waits for its next attempt', () => {
    it('starts it now, once, and says in the history who asked and why', async () => {
      const first = await failed(TRANSIENT);
      expect(await promoteRetries(services)).toBe(0);
      const second = await nextOf(first);
      const answer = await retry(first, { detail: 'mended' });
      expect(answer).toEqual({ ok: true, how: 'NOW', execution_id: second, run_id: first, repeated: false });
      expect(fixture.admitted).toEqual([second]);
      expect(await retry(second)).toMatchObject({ ok: true, how: 'NOW', repeated: true });
      expect(fixture.admitted).toEqual([second]);
      const { history } = await recordOf(services, second);
      expect(history.map(({ event, actor, detail }) => [event, actor, detail])).toEqual([
        ['CREATE', 'retry', undefined],
        ['RETRY_NOW', 'ada', 'mended'],
        ['ENQUEUE', 'ada', undefined],
      ]);
      expect(await services.executions.due('delayed', 10)).toEqual([]);
    });

    it('hurries each attempt anew, but a key of its own only once', async () => {
      const first = await failed(TRANSIENT);
      await retry(first, { idempotency_key: 'k' });
      await fixture.runNext(fails(TRANSIENT));
      const third = await nextOf(await nextOf(first));
      expect(await retry(first, { idempotency_key: 'k' })).toMatchObject({ ok: true, repeated: true });
      expect(fixture.admitted).toEqual([]);
      expect(await retry(first)).toMatchObject({ ok: true, execution_id: third, repeated: false });
      expect(fixture.admitted).toEqual([third]);
    });

    it('is one start, however many ask at once', async () => {
      const first = await failed(TRANSIENT);
      const another = fixture.anotherProcess();
      const asked = [services, another, services, another].map((by) => retry(first, {}, by));
      const answers = await Promise.all(asked);
      expect(answers.map((answer) => answer.ok && 'repeated' in answer && answer.repeated)).toEqual(
        expect.arrayContaining([false, true, true, true]),
      );
      expect(fixture.admitted).toHaveLength(1);
    });

    it('is held by the gate all the same', async () => {
      const first = await failed(TRANSIENT);
      const day = ['MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT', 'SUN'] as const;
      const retry_policy = { max_attempts: 3, initial_delay_seconds: HOUR_S };
      const hour = new Date(await services.schedules.now()).getUTCHours();
      const start = `${String((hour + 12) % 24).padStart(2, '0')}:00`;
      const end = `${String((hour + 12) % 24).padStart(2, '0')}:30`;
      const windowed = define('a', {
        retry_policy,
        skip_outside_window: false,
        execution_window_timezone: 'UTC',
        execution_windows: [{ days: [...day], start, end }],
      });
      await apply(services, [windowed, define('b', { after: ['a'] })]);
      expect(await retry(first)).toMatchObject({ ok: true });
      const status = (await recordOf(services, await nextOf(first))).status;
      expect([status, fixture.admitted]).toEqual(['PENDING', []]);
    });
  });

  describe('of many', () => {
    const retryMany = (by: Services, more: object = {}) =>
      retryExecutions(by, {
        selection: { statuses: RETRIED_STATUSES, job_id: 'a', limit: 100, ...more },
        dry_run: false,
        actor: 'ada',
      });

    it('answers in time with what was done, and goes on from there', async () => {
      const ids = [await failed(PERMANENT), await failed(PERMANENT), await failed(PERMANENT)].toReversed();
      let now = 0;
      const slow: Services = { ...services, clock: { now: () => (now += 1000) } };
      const first = await retryMany(slow);
      const rest = await retryMany(services, { cursor: first.next_cursor });
      expect(first.items.map(({ record }) => record.execution_id)).toEqual(ids.slice(0, 2));
      expect(rest.items.map(({ record }) => record.execution_id)).toEqual(ids.slice(2));
      expect(rest.next_cursor).toBeUndefined();
    });

    it('ends a run at a cursor that it does not know', async () => {
      const run_id = await failed(PERMANENT);
      expect(await retryMany(services, { run_id, cursor: '1~nothing' })).toEqual({ items: [] });
      expect((await retryMany(services, { run_id })).items).toHaveLength(1);
    });
  });

  describe('of one that has ended', () => {
    it('runs its job again in its run, once, and what comes after it', async () => {
      const id = await failed(PERMANENT);
      const another = fixture.anotherProcess();
      const asked = [services, another, services].map((by) => retry(id, { detail: 'mended' }, by));
      const answers = [...(await Promise.all(asked)), await retry(id)];
      const [again] = fixture.admitted;
      for (const answer of answers)
        expect(answer).toMatchObject({ ok: true, how: 'RERUN', pass: 2, from: ['a'], execution_id: again });
      expect(await executionsOf(services, 'a')).toHaveLength(2);
      expect(await recordOf(services, id)).toMatchObject({ rerun_by: again, status: 'FAILED' });
      await fixture.runNext(() => succeedWith());
      await fixture.runNext(() => succeedWith());
      expect((await services.runs.get(id))?.status).toBe('succeeded');
    });

    it('goes by any attempt of its chain', async () => {
      const first = await failed(TRANSIENT);
      await retry(first);
      const second = await fixture.runNext(fails(PERMANENT));
      const [one, other] = [await retry(first), await retry(second)];
      expect(one).toMatchObject({ ok: true, how: 'RERUN', pass: 2 });
      expect(other).toEqual(one);
    });

    it('is refused under another key with what is open, or what it has come to', async () => {
      const id = await failed(PERMANENT);
      await retry(id);
      const [again = ''] = fixture.admitted;
      const other = { idempotency_key: 'another' };
      const refused = { ok: false, refusal: 'RUN_AGAIN', execution_id: again };
      expect(await retry(id, other)).toEqual({ ...refused, status: 'QUEUED' });
      await fixture.runNext(() => succeedWith());
      expect(await retry(id, other)).toEqual({ ...refused, status: 'COMPLETED' });
      expect(await executionsOf(services, 'a')).toHaveLength(2);
    });

    it('of different keys at once opens one pass', async () => {
      const id = await failed(PERMANENT);
      const answers = await Promise.all(
        ['k', 'l', 'm'].map((idempotency_key) => retry(id, { idempotency_key }, fixture.anotherProcess())),
      );
      expect(answers.filter(({ ok }) => ok)).toHaveLength(1);
      expect(await services.runs.latestPass(id)).toBe(2);
    });

    it('is for what was cancelled by hand as well', async () => {
      const id = await failed(TRANSIENT);
      await cancelExecution(services, id, { actor: 'ada' });
      expect(await retry(id)).toMatchObject({ ok: true, how: 'RERUN' });
      expect(fixture.admitted).toHaveLength(1);
    });
  });

  it('is refused of what runs, has completed or is not there', async () => {
    const id = await trigger(services, 'a');
    expect(await retry(id)).toEqual({ ok: false, refusal: 'NOT_ENDED', execution_id: id, status: 'QUEUED' });
    await fixture.runNext(() => succeedWith());
    expect(await retry(id)).toEqual({
      ok: false,
      refusal: 'COMPLETED',
      execution_id: id,
      status: 'COMPLETED',
    });
    expect(await retry('nothing')).toEqual({ ok: false, refusal: 'UNKNOWN_EXECUTION' });
  });
});
