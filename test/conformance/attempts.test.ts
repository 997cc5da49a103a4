import { compareExecutions, promoteRetries, retryExecution, viewAttempts, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  failWith,
  openEngine,
  recordOf,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { closeSound } from './testing/expect-sound.js';

const TRANSIENT = 'EXEC_018_CONNECTION_FAILED';
const PERMANENT = 'EXEC_005_INVALID_CONFIG';

describe('the attempts of a chain', () => {
  let fixture: EngineFixture;
  let services: Services;
  const retry_policy = { max_attempts: 3, initial_delay_seconds: 60, jitter_factor: 0 };

  beforeEach(async () => {
    fixture = openEngine('attempts');
    services = fixture.services;
    await fixture.registerExecutor('executor');
    await apply(services, [define('a', { retry_policy }), define('b', { after: ['a'] })]);
  });
  afterEach(() => closeSound(fixture));

  const view = async (id: string) => {
    const found = await viewAttempts(services, id);
    if (found === undefined) throw new Error(`no attempts of ${id}`);
    return found;
  };

  it('are shown by any of them, in order, with what is waited for', async () => {
    const first = await trigger(services, 'a');
    await fixture.runNext(() => failWith(TRANSIENT));
    const waiting = await view(first);
    const second = (await recordOf(services, first)).retried_by ?? '';
    expect(waiting.items.map(({ execution_id, status }) => [execution_id, status])).toEqual([
      [first, 'FAILED'],
      [second, 'PENDING'],
    ]);
    expect(waiting.next_retry_time).toBe(waiting.items[1]?.not_before);
    expect(waiting.items[1]?.delay_seconds).toBeCloseTo(60, 0);
    await fixture.setClockOffset(61_000);
    await promoteRetries(services);
    await fixture.runNext(() => failWith(PERMANENT));
    const ended = await view(second);
    expect(ended).toEqual(await view(first));
    expect(ended).toMatchObject({ run_id: first, job_id: 'a', next_retry_time: null, rerun_by: null });
    expect(ended.items).toMatchObject([
      { attempt_number: 1, error_category: 'TRANSIENT', will_retry: true, delay_seconds: null },
      { attempt_number: 2, error_category: 'PERMANENT', will_retry: false, executor_id: 'executor' },
    ]);
    await retryExecution(services, { execution_id: first, actor: 'ada' });
    expect((await view(first)).rerun_by).toBe(fixture.admitted[0]);
    expect(await viewAttempts(services, 'nothing')).toBeUndefined();
  });

  describe('compared', () => {
    const compared = async (id: string, other?: string) => {
      const result = await compareExecutions(services, id, other);
      if (!result.ok) throw new Error(result.refusal);
      return result.comparison;
    };

    it('with the attempt before, or with the last that completed', async () => {
      const good = await trigger(services, 'a', { parameters: { day: 1 } });
      await fixture.runNext(() => succeedWith());
      await fixture.runNext(() => succeedWith());
      await apply(services, [
        define('a', { retry_policy, timeout_seconds: 5 }),
        define('b', { after: ['a'] }),
      ]);
      const bad = await trigger(services, 'a', { parameters: { day: 2 } });
      await fixture.runNext(() => failWith(TRANSIENT));
      expect(await compared(bad)).toMatchObject({
        with_execution_id: good,
        chosen: 'LAST_COMPLETED',
        definition: { before: 1, after: 2, changes: [{ field: 'timeout_seconds', after: 5 }] },
        parameters: [{ field: 'day', before: 1, after: 2 }],
        upstreams: [],
        outcome: expect.arrayContaining([
          { field: 'status', before: 'COMPLETED', after: 'FAILED' },
          { field: 'records_processed', before: 1, after: 0 },
          { field: 'error_code', before: null, after: TRANSIENT },
        ]),
      });
      const second = (await recordOf(services, bad)).retried_by ?? '';
      expect(await compared(second)).toMatchObject({
        with_execution_id: bad,
        chosen: 'ATTEMPT_BEFORE',
        definition: { changes: [] },
      });
    });

    it('by what their upstreams brought', async () => {
      const [one, two] = [[], []] as [string[], string[]];
      for (const ids of [one, two]) {
        ids.push(await trigger(services, 'a'));
        await fixture.runNext(() => succeedWith());
        ids.push(await fixture.runNext(() => succeedWith()));
      }
      const { upstreams, chosen } = await compared(two[1] ?? '', one[1] ?? '');
      expect(chosen).toBe('ASKED');
      expect(upstreams).toEqual([
        { field: expect.stringMatching(/\.execution_id$/), before: one[0], after: two[0] },
      ]);
    });

    it('are of one job, and there', async () => {
      const a = await trigger(services, 'a');
      expect(await compareExecutions(services, a)).toEqual({ ok: false, refusal: 'NOTHING_BEFORE' });
      const b = await trigger(services, 'b');
      expect(await compareExecutions(services, a, b)).toEqual({ ok: false, refusal: 'OTHER_JOB' });
      for (const [one, other] of [
        ['nothing', a],
        [a, 'nothing'],
      ] as const)
        expect(await compareExecutions(services, one, other)).toEqual({
          ok: false,
          refusal: 'UNKNOWN_EXECUTION',
          execution_id: 'nothing',
        });
    });
  });
});
