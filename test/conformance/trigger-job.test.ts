import { triggerJob, viewExecution } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  openEngine,
  recordOf,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

describe('triggerJob', () => {
  let fixture: EngineFixture;

  beforeEach(() => {
    fixture = openEngine('trigger');
  });
  afterEach(() => fixture.close());

  const tryTo = (job_id: string, more: Partial<Parameters<typeof triggerJob>[1]> = {}) =>
    triggerJob(fixture.services, { job_id, actor: 'tester', ...more });

  it('makes one execution of fifty triggers at once with one idempotency key, whichever process they reach', async () => {
    await apply(fixture.services, [define('a')]);
    const processes = [fixture.services, fixture.anotherProcess(), fixture.anotherProcess()];
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) =>
        triggerJob(processes[n % 3] ?? fixture.services, {
          job_id: 'a',
          actor: 'tester',
          idempotency_key: 'k',
        }),
      ),
    );
    expect(results.filter((result) => result.ok && result.created)).toHaveLength(1);
    const ids = results.map((result) => (result.ok ? result.execution_id : result.refusal));
    expect(new Set(ids).size).toBe(1);
    expect(await executionsOf(fixture.services, 'a')).toHaveLength(1);
  });

  it('takes the same key of another job for another execution, and no key for a new one each time', async () => {
    await apply(fixture.services, [define('a'), define('b')]);
    const ids = [
      await trigger(fixture.services, 'a', { idempotency_key: 'k' }),
      await trigger(fixture.services, 'b', { idempotency_key: 'k' }),
      await trigger(fixture.services, 'a'),
      await trigger(fixture.services, 'a'),
    ];
    expect(new Set(ids).size).toBe(4);
  });

  it('names the same execution for good, after it has ended and the job has changed', async () => {
    await apply(fixture.services, [define('a')]);
    const first = await trigger(fixture.services, 'a', { idempotency_key: 'k' });
    await fixture.services.executions.transition({ event: 'CANCEL', execution_id: first, actor: 'tester' });
    await apply(fixture.services, [define('a', { timeout_seconds: 2 })]);
    expect(await tryTo('a', { idempotency_key: 'k' })).toEqual({
      ok: true,
      execution_id: first,
      run_id: first,
      created: false,
      status: 'CANCELLED',
    });
  });

  it('refuses a disabled job and one that is not there, and creates nothing', async () => {
    await apply(fixture.services, [define('off', { enabled: false })]);
    expect(await tryTo('off')).toEqual({ ok: false, refusal: 'JOB_DISABLED' });
    expect(await tryTo('ghost')).toEqual({ ok: false, refusal: 'UNKNOWN_JOB' });
    expect((await fixture.services.executions.list({ limit: 10 })).items).toEqual([]);
  });

  it('refuses overrides of locked parameters, all of them at once', async () => {
    const job = define('a', { parameters: { one: 1, two: 2, three: 3 }, locked_parameters: ['one', 'two'] });
    await apply(fixture.services, [job]);
    const result = await tryTo('a', { parameters: { one: 9, two: 9, three: 9 } });
    expect(result).toMatchObject({ ok: false, refusal: 'INVALID_PARAMETERS' });
    const problems = 'problems' in result ? result.problems : [];
    expect(problems.map(({ field }) => field)).toEqual(['parameters.one', 'parameters.two']);
    expect(await tryTo('a', { parameters: { three: 9 } })).toMatchObject({ ok: true });
  });

  it('refuses parameters that do not satisfy the schema with the defaults under them, and creates nothing', async () => {
    const job = define('a', {
      parameters: { region: 'eu', limit: 5 },
      parameter_schema: {
        required: ['region', 'day'],
        properties: { limit: { type: 'integer', maximum: 10 }, day: { type: 'string', format: 'date' } },
      },
      locked_parameters: ['region'],
    });
    await apply(fixture.services, [job]);
    expect(await tryTo('a', { parameters: { region: 'us', limit: 11 } })).toEqual({
      ok: false,
      refusal: 'INVALID_PARAMETERS',
      problems: [
        {
          field: 'parameters.region',
          reason: 'is locked by the job and cannot be overridden',
          accepted: 'the parameter left out',
        },
        { field: 'parameters.day', reason: 'is required', accepted: 'a text in the format date' },
        { field: 'parameters.limit', reason: 'is too large', accepted: 'a whole number of at most 10' },
      ],
    });
    expect((await fixture.services.executions.list({ limit: 10 })).items).toEqual([]);
    expect(await tryTo('a', { parameters: { day: '2026-03-08' } })).toMatchObject({ ok: true });
  });

  it('keeps the overrides and shows them over the defaults of the revision that runs', async () => {
    await apply(fixture.services, [define('a', { parameters: { kept: [], changed: { deep: 1 } } })]);
    const id = await trigger(fixture.services, 'a', {
      parameters: { changed: 7, big: 9_007_199_254_740_991, none: [] },
    });
    await apply(fixture.services, [define('a', { parameters: { kept: 'later' } })]);
    const record = await recordOf(fixture.services, id);
    expect(await viewExecution(fixture.services, record)).toMatchObject({
      parameters: { kept: [], changed: 7, big: 9_007_199_254_740_991, none: [] },
      trigger_type: 'MANUAL',
      attempt_number: 1,
      job_revision: 1,
    });
  });

  describe('when another process has changed the graph since this one read it', () => {
    it('starts the revision that is registered now', async () => {
      const other = fixture.anotherProcess();
      await apply(fixture.services, [define('a')]);
      await trigger(fixture.services, 'a');
      await apply(other, [define('a', { timeout_seconds: 2 })]);
      expect((await recordOf(fixture.services, await trigger(fixture.services, 'a'))).job_revision).toBe(2);
    });

    it('knows a job that has come, and does not know one that has gone', async () => {
      const other = fixture.anotherProcess();
      await apply(fixture.services, [define('a')]);
      await trigger(fixture.services, 'a');
      await apply(other, [define('b')], { removed: ['a'] });
      expect(await tryTo('a')).toEqual({ ok: false, refusal: 'UNKNOWN_JOB' });
      expect(await tryTo('b')).toMatchObject({ ok: true });
    });

    it('does not refuse by a definition that is out of date', async () => {
      const other = fixture.anotherProcess();
      const locked = define('a', { parameters: { p: 1 }, locked_parameters: ['p'] });
      await apply(fixture.services, [locked, define('off', { enabled: false })]);
      expect(await tryTo('off')).toMatchObject({ refusal: 'JOB_DISABLED' });
      await apply(other, [define('a', { parameters: { p: 1 } }), define('off')]);
      expect(await tryTo('a', { parameters: { p: 2 } })).toMatchObject({ ok: true });
      expect(await tryTo('off')).toMatchObject({ ok: true });
    });

    it('reaches the dependents of now', async () => {
      const other = fixture.anotherProcess();
      await apply(fixture.services, [define('a')]);
      await trigger(fixture.services, 'a');
      await apply(other, [define('b', { after: ['a'] })]);
      const run = await trigger(fixture.services, 'a');
      const record = await recordOf(fixture.services, run);
      expect(await fixture.redis.hexists(fixture.key(`plan:${record.plan_id}`), 'job:b')).toBe(1);
    });
  });

  it('says at once that an upstream is missing, and waits for it once it is registered', async () => {
    await apply(fixture.services, [define('a', { after: ['late'] })]);
    const before = await recordOf(fixture.services, await trigger(fixture.services, 'a'));
    expect(before).toMatchObject({ status: 'CANCELLED', reason: 'DEP_001_MISSING_UPSTREAM' });
    await apply(fixture.services, [define('late')]);
    const after = await recordOf(fixture.services, await trigger(fixture.services, 'a'));
    expect(after).toMatchObject({ status: 'PENDING' });
    await apply(fixture.services, [], { removed: ['late'] });
    expect(await recordOf(fixture.services, await trigger(fixture.services, 'a'))).toMatchObject({
      reason: 'DEP_001_MISSING_UPSTREAM',
    });
  });

  it('keeps an earlier run to its plan when the graph changes', async () => {
    await apply(fixture.services, [define('a'), define('b', { after: ['a'] })]);
    const before = await recordOf(fixture.services, await trigger(fixture.services, 'a'));
    await apply(fixture.services, [define('c', { after: ['a'] })]);
    const after = await recordOf(fixture.services, await trigger(fixture.services, 'a'));
    expect(after.plan_id).not.toBe(before.plan_id);
    expect(await fixture.redis.hexists(fixture.key(`plan:${before.plan_id}`), 'job:c')).toBe(0);
  });
});
