import { executionErrorSchema } from '@phi/core';
import {
  expireDeadLetters,
  getDeadLetter,
  groupDeadLetters,
  listDeadLetters,
  promoteRetries,
  purgeDeadLetters,
  reportExecutionErrors,
  rerunRun,
  retryDeadLetter,
  withdrawDeadLetters,
  type DeadLetterView,
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
const CAPACITY = 10;

describe('dead letters (Rule 15)', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('dead-letters', { ERROR_QUEUE_CAPACITY: CAPACITY });
    services = fixture.services;
    await fixture.registerExecutor('executor');
  });
  afterEach(() => closeSound(fixture));

  const failed = (error_message = 'on purpose', error_code = PERMANENT): Body => {
    return () => ({ kind: 'failed', error_code, error_message });
  };

  /** @returns the execution that failed */
  async function fail(job: string, body: Body = failed()): Promise<string> {
    const id = await trigger(services, job);
    await fixture.runNext(body);
    return id;
  }

  const letters = async (): Promise<readonly DeadLetterView[]> =>
    (await listDeadLetters(services, { limit: 100 })).items;
  const idsOf = async (): Promise<string[]> => (await letters()).map(({ execution_id }) => execution_id);
  const retry = (execution_id: string) => retryDeadLetter(services, { execution_id, actor: 'ada' });
  const queued = (queue: string): string[] =>
    fixture.reported.filter((report) => report.queue === queue).map(({ id }) => id);

  it('what has failed for good becomes one; what is retried or succeeds does not', async () => {
    await apply(services, [define('a', { retry_policy: { max_attempts: 2, initial_delay_seconds: 10 } })]);
    const first = await trigger(services, 'a');
    await fixture.runNext(() => failWith(TRANSIENT));
    expect(await idsOf()).toEqual([]);
    await fixture.setClockOffset(20_000);
    await promoteRetries(services);
    await fixture.runNext(() => failWith(TRANSIENT));
    const second = (await recordOf(services, first)).retried_by ?? '';
    expect(await letters()).toMatchObject([
      { execution_id: second, job_id: 'a', run_id: first, attempt_number: 2, error_code: TRANSIENT },
    ]);
    await trigger(services, 'a');
    await fixture.runNext(() => succeedWith());
    expect(await idsOf()).toEqual([second]);
  });

  it('are reported as ExecutionErrors with every attempt, once, and only the last as a dead letter', async () => {
    await apply(services, [define('a', { retry_policy: { max_attempts: 2, initial_delay_seconds: 10 } })]);
    const first = await trigger(services, 'a');
    await fixture.runNext(() => failWith(TRANSIENT));
    await reportExecutionErrors(services);
    await fixture.setClockOffset(20_000);
    await promoteRetries(services);
    await fixture.runNext(() => ({
      kind: 'failed',
      error_code: TRANSIENT,
      error_message: 'gone',
      stack_trace: 'Error: gone\n  at there',
      context: { host: 'there' },
    }));
    const second = (await recordOf(services, first)).retried_by ?? '';
    expect([await reportExecutionErrors(services), await reportExecutionErrors(services)]).toEqual([1, 0]);
    expect(queued('phi_execution_errors')).toEqual([first, second]);
    expect(queued('phi_dead_letter')).toEqual([second]);
    for (const { error } of fixture.reported)
      expect(executionErrorSchema.safeParse(error).error).toBeUndefined();
    expect(fixture.reported[0]?.error).toMatchObject({
      error_category: 'TRANSIENT',
      will_retry: true,
      next_retry_time: expect.any(String),
    });
    expect(fixture.reported.at(-1)?.error).toMatchObject({
      will_retry: false,
      next_retry_time: null,
      stack_trace: 'Error: gone\n  at there',
      context: { host: 'there', run_id: first },
    });
  });

  it('are none where the job says so, but are reported all the same', async () => {
    await apply(services, [define('a', { dead_letter: { dead_letter_enabled: false } })]);
    const id = await fail('a');
    await reportExecutionErrors(services);
    expect([await idsOf(), queued('phi_execution_errors'), queued('phi_dead_letter')]).toEqual([
      [],
      [id],
      [],
    ]);
    expect(fixture.alerts).toMatchObject([{ kind: 'EXECUTION_ERROR', severity: 'critical', subject: id }]);
  });

  it('are found by job, code and kind; kinds are counted, the most frequent first', async () => {
    await apply(services, [define('a'), define('b')]);
    const a = [await fail('a', failed('row 17 is bad')), await fail('a', failed('row 4 is bad'))];
    const b = await fail('b', failed('row 17 is bad'));
    const other = await fail('a', failed('no such table'));
    expect(await idsOf()).toEqual([other, b, ...a.toReversed()]);
    const groups = await groupDeadLetters(services);
    expect(groups.map(({ count, latest }) => [count, latest.execution_id])[0]).toEqual([2, a[1]]);
    expect(groups).toHaveLength(3);
    const found = async (query: object): Promise<string[]> =>
      (await listDeadLetters(services, { limit: 100, ...query })).items.map((letter) => letter.execution_id);
    expect(await found({ fingerprint: groups[0]?.fingerprint })).toEqual(a.toReversed());
    expect(await found({ job_id: 'b' })).toEqual([b]);
    expect(await found({ error_code: TRANSIENT })).toEqual([]);
    const page = await listDeadLetters(services, { limit: 1, job_id: 'a' });
    expect(page.items.map(({ execution_id }) => execution_id)).toEqual([other]);
    const { next_cursor: cursor = '' } = page;
    const rest = await listDeadLetters(services, { limit: 10, job_id: 'a', cursor });
    expect(rest.items.map(({ execution_id }) => execution_id)).toEqual(a.toReversed());
  });

  describe('a retry', () => {
    it('is one new execution, however often and by however many it is asked for, and what comes after goes on', async () => {
      await apply(services, [define('a'), define('b', { after: ['a'] })]);
      const id = await fail('a');
      await reportExecutionErrors(services);
      const another = fixture.anotherProcess();
      const results = await Promise.all(
        [services, another, services, another].map((by) =>
          retryDeadLetter(by, { execution_id: id, actor: 'ada' }),
        ),
      );
      results.push(await retry(id));
      for (const result of results) expect(result).toMatchObject({ ok: true, pass: 2, from: ['a'] });
      expect(await executionsOf(services, 'a')).toHaveLength(2);
      expect(await idsOf()).toEqual([]);
      await fixture.runNext(() => succeedWith());
      await fixture.runNext(() => succeedWith());
      expect((await services.runs.get(id))?.status).toBe('succeeded');
    });

    it('takes those off the list as well that run again after it', async () => {
      const after = [{ upstream_job_id: 'a', dependency_type: 'COMPLETION' as const }];
      await apply(services, [define('a'), define('b', { after })]);
      const id = await fail('a');
      await fixture.runNext(failed());
      expect((await letters()).map(({ job_id }) => job_id).toSorted()).toEqual(['a', 'b']);
      await rerunRun(services, { run_id: id, actor: 'ada' });
      await fixture.runNext(() => succeedWith());
      await fixture.runNext(() => succeedWith());
      expect(await idsOf()).toEqual([]);
    });

    it('that fails again is a dead letter of its own', async () => {
      await apply(services, [define('a')]);
      const id = await fail('a');
      await retry(id);
      await fixture.runNext(failed());
      const [again] = await letters();
      expect(again).toMatchObject({ run_id: id, job_id: 'a' });
      expect(again?.execution_id).not.toBe(id);
      expect(await retry(again?.execution_id ?? '')).toMatchObject({ ok: true, pass: 3 });
      expect(await retry(id)).toMatchObject({ ok: true, pass: 2 });
    });

    it('is refused of what is none', async () => {
      await apply(services, [define('a')]);
      const id = await trigger(services, 'a');
      await fixture.runNext(() => succeedWith());
      for (const none of [id, 'nothing'])
        expect(await retry(none)).toEqual({ ok: false, refusal: 'UNKNOWN_EXECUTION' });
    });

    it('by a rerun of the run takes it off the list as well', async () => {
      await apply(services, [define('a')]);
      const id = await fail('a');
      await rerunRun(services, { run_id: id, actor: 'ada' });
      expect(await idsOf()).toEqual([]);
      expect(await groupDeadLetters(services)).toEqual([]);
    });
  });

  it('are purged by hand once, and by themselves when their time is over', async () => {
    await apply(services, [
      define('a', { dead_letter: { retention_hours: 1 } }),
      define('b', { dead_letter: { retention_hours: 3 } }),
    ]);
    const [a, b, c] = [await fail('a'), await fail('b'), await fail('b')];
    expect(await purgeDeadLetters(services, [c, 'nothing'])).toEqual([c]);
    expect(await purgeDeadLetters(services, [c])).toEqual([]);
    expect(await recordOf(services, c)).toMatchObject({ status: 'FAILED' });
    expect(await expireDeadLetters(services)).toBe(0);
    await fixture.setClockOffset(3_601_000);
    expect(await expireDeadLetters(services)).toBe(1);
    expect(await idsOf()).toEqual([b]);
    expect(await getDeadLetter(services, a)).toBeUndefined();
  });

  it('are no more than their capacity: the oldest is dropped, and counted', async () => {
    await apply(services, [define('a')]);
    const ids: string[] = [];
    for (let n = 0; n < CAPACITY + 3; n++) ids.push(await fail('a'));
    expect(await idsOf()).toEqual(ids.slice(3).toReversed());
    expect(await services.deadLetters.dropped()).toBe(3);
    expect((await groupDeadLetters(services)).map(({ count }) => count)).toEqual([CAPACITY]);
  });

  /** What Bull Board shows. */
  const shown = async (): Promise<string[]> => {
    const { items } = await services.errorQueues.list('phi_dead_letter', { limit: 100 });
    return items.map(({ id }) => id).toSorted();
  };

  it('leave their queue when they are retried, rerun by hand, purged, dropped or no longer kept', async () => {
    await apply(services, [define('a')]);
    const ids: string[] = [];
    for (let n = 0; n < CAPACITY; n++) ids.push(await fail('a'));
    await reportExecutionErrors(services);
    expect(await shown()).toEqual(ids.toSorted());
    const [dropped = '', retried = '', rerun = '', purged = '', ...kept] = ids;
    // One more than there is room for.
    kept.push(await fail('a'));
    await retry(retried);
    await rerunRun(services, { run_id: rerun, actor: 'ada' });
    await purgeDeadLetters(services, [purged]);
    await reportExecutionErrors(services);
    const processes = [services, fixture.anotherProcess()];
    const counts = await Promise.all(processes.map((process) => withdrawDeadLetters(process)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(4);
    expect(await shown()).toEqual(kept.toSorted());
    expect(await withdrawDeadLetters(services)).toBe(0);
    expect(await getDeadLetter(services, dropped)).toBeUndefined();
    await fixture.setClockOffset(200 * 3_600_000);
    await expireDeadLetters(services);
    await withdrawDeadLetters(services);
    expect(await shown()).toEqual([]);
  });

  it('is not one when it was purged between the report and its entry in the queue', async () => {
    await apply(services, [define('a')]);
    const id = await fail('a');
    const { errors } = services;
    const interrupted: Services = {
      ...services,
      errors: {
        withdraw: (queue, ids) => errors.withdraw(queue, ids),
        async report(queue, report) {
          if (queue === 'phi_dead_letter') {
            await purgeDeadLetters(services, [id]);
            await withdrawDeadLetters(services);
          }
          await errors.report(queue, report);
        },
      },
    };
    await reportExecutionErrors(interrupted);
    expect(await shown()).toEqual([]);
  });

  it('are shown whatever of them cannot be read', async () => {
    await apply(services, [define('a')]);
    const [id, base] = [await trigger(services, 'a'), { nonce: 'n', actor: 'executor' }];
    await services.executions.transition({
      ...base,
      execution_id: id,
      event: 'CLAIM',
      executor_id: 'executor',
    });
    await services.executions.transition({
      ...base,
      execution_id: id,
      event: 'FAIL',
      reason: PERMANENT,
      result: '{"error_co',
      failure: 'null',
      dead_letter: { fingerprint: '0123456789ab', kept_ms: 3_600_000, capacity: CAPACITY },
    });
    expect(await letters()).toMatchObject([
      { execution_id: id, error_code: PERMANENT, error_message: '', error_category: 'PERMANENT' },
    ]);
  });
});
