import type { AuthoredJobDefinition, TransitionResult } from '@phi/core';
import { expireQueued, explainExecution, promoteRetries, viewExecution, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  openEngine,
  recordOf,
  run,
  setLimits,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

describe('the time in the queue (queue_timeout_seconds)', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('queue-timeout');
    services = fixture.services;
    await fixture.registerExecutor('executor', 86_400_000);
  });
  afterEach(() => fixture.close());

  const job = (id: string, more: Partial<Omit<AuthoredJobDefinition, 'dependencies'>> = {}) =>
    define(id, { queue_timeout_seconds: 600, retry_policy: { max_attempts: 1 }, ...more });
  const deadlines = () => fixture.redis.zrange(fixture.key('queue_deadlines'), '0', '-1');
  const statusOf = async (id: string) => (await recordOf(services, id)).status;

  /** Of two jobs that may run one at a time, the second waits. */
  async function startTwo(): Promise<readonly [admitted: string, waiting: string]> {
    await apply(services, [job('a'), job('b')]);
    await setLimits(services, new Map([['global', 1]]));
    return [await trigger(services, 'a'), await trigger(services, 'b')];
  }

  it('ends what waits for longer as TIMEOUT, and not before', async () => {
    const [admitted, waiting] = await startTwo();
    await fixture.setClockOffset(300_000);
    expect(await expireQueued(services)).toBe(0);
    await run(services, admitted, async () => {
      await fixture.setClockOffset(601_000);
      expect(await expireQueued(services)).toBe(1);
      return succeedWith();
    });
    expect(await statusOf(admitted)).toBe('COMPLETED');
    const record = await recordOf(services, waiting);
    expect(record).toMatchObject({ status: 'TIMEOUT', reason: 'EXEC_021_QUEUE_TIMEOUT' });
    expect(record.history.map(({ event }) => event)).toEqual(['CREATE', 'ENQUEUE', 'EXPIRE']);
    const { result, timeout_error } = await viewExecution(services, record);
    expect(result).toMatchObject({
      status: 'TIMEOUT',
      error_code: 'EXEC_021_QUEUE_TIMEOUT',
      error_message: 'it waited in the queue for longer than queue_timeout_seconds (600)',
      duration_seconds: 0,
    });
    expect(timeout_error).toMatchObject({
      execution_id: waiting,
      timeout_seconds: 600,
      last_heartbeat: null,
      checkpoint_available: false,
      termination_method: 'GRACEFUL',
    });
    expect(timeout_error?.elapsed_seconds).toBeGreaterThanOrEqual(600);
    expect(await services.runs.get(waiting)).toMatchObject({ status: 'failed', open: 0 });
    expect(await deadlines()).toEqual([]);
  });

  it('ends what was delivered and is not claimed, and gives its slot to the next', async () => {
    const [admitted, waiting] = await startTwo();
    expect(fixture.admitted).toEqual([admitted]);
    await fixture.setClockOffset(300_000);
    const later = await trigger(services, 'a');
    await fixture.setClockOffset(601_000);
    expect(await expireQueued(services)).toBe(2);
    expect([await statusOf(admitted), await statusOf(waiting)]).toEqual(['TIMEOUT', 'TIMEOUT']);
    expect(fixture.admitted.at(-1)).toBe(later);
    expect(await run(services, admitted, () => succeedWith())).toEqual({
      kind: 'declined',
      refusal: 'ILLEGAL_TRANSITION',
    });
    expect(await run(services, later, () => succeedWith())).toMatchObject({ status: 'COMPLETED' });
    expect((await services.limits.held(['global'])).get('global')).toBe(0);
  });

  it('applies the retry policy, and bounds the wait of each attempt anew', async () => {
    await apply(services, [
      job('a', { retry_policy: { max_attempts: 2, initial_delay_seconds: 10, jitter_factor: 0 } }),
    ]);
    const first = await trigger(services, 'a');
    await fixture.setClockOffset(601_000);
    await expireQueued(services);
    const { retried_by = '' } = await recordOf(services, first);
    expect(await recordOf(services, retried_by)).toMatchObject({ status: 'PENDING', attempt_number: 2 });
    await fixture.setClockOffset(700_000);
    await promoteRetries(services);
    expect(await expireQueued(services)).toBe(0);
    await fixture.setClockOffset(1_301_000);
    expect(await expireQueued(services)).toBe(1);
    expect((await recordOf(services, retried_by)).retried_by).toBeUndefined();
    expect(await executionsOf(services, 'a')).toHaveLength(2);
    expect(await services.runs.get(first)).toMatchObject({ status: 'failed', open: 0 });
  });

  it('does not concern what has started, nor what says nothing of it', async () => {
    await apply(services, [job('a'), job('free', { queue_timeout_seconds: null })]);
    const id = await trigger(services, 'a');
    const free = await trigger(services, 'free');
    await run(services, id, async () => {
      await fixture.setClockOffset(601_000);
      expect(await deadlines()).toEqual([]);
      expect(await expireQueued(services)).toBe(0);
      const early = { event: 'EXPIRE', execution_id: free, actor: 'recovery' } as const;
      expect(await services.executions.transition(early)).toMatchObject({ ok: false, refusal: 'NOT_DUE' });
      return succeedWith();
    });
    expect(await statusOf(id)).toBe('COMPLETED');
    expect(await statusOf(free)).toBe('QUEUED');
  });

  it('is explained with when it will strike', async () => {
    const [, waiting] = await startTwo();
    const record = await recordOf(services, waiting);
    const { queue, summary } = await explainExecution(services, record, { replay: false });
    const strikes = new Date((record.queued_time ?? 0) + 600_000).toISOString();
    expect(queue?.times_out).toBe(strikes);
    expect(summary).toContain(`it times out at ${strikes}`);
  });

  it('either times out or is claimed, whoever comes first, and its slot is given back once', async () => {
    await apply(services, [job('a')]);
    const other = fixture.anotherProcess();
    let claimed = 0;
    for (let round = 0; round < 40; round++) {
      await fixture.setClockOffset(0);
      const id = await trigger(services, 'a');
      await fixture.setClockOffset(601_000);
      const nonce = `nonce-${String(round)}`;
      const base = { execution_id: id, nonce, op: nonce, actor: 'executor' };
      const claim = (from: Services): Promise<TransitionResult> =>
        from.executions.transition({ ...base, event: 'CLAIM', executor_id: 'executor' });
      // The expiry reads first; a claim that is sent a little later comes now before, now after its last call.
      const [expired, answer] = await Promise.all([
        expireQueued(services),
        waitTurns(round % 8).then(() => claim(other)),
      ]);
      expect(expired).toBe(answer.ok ? 0 : 1);
      if (answer.ok) {
        claimed += 1;
        const ends = await services.executions.transition({ ...base, event: 'SUCCEED', completes: true });
        expect(ends).toMatchObject({ ok: true, status: 'COMPLETED' });
      } else expect(await statusOf(id)).toBe('TIMEOUT');
      expect((await services.limits.held(['global'])).get('global')).toBe(0);
      expect(await deadlines()).toEqual([]);
    }
    expect(claimed).toBeGreaterThan(0);
    expect(claimed).toBeLessThan(40);
  });

  /** Lets so many answers of Redis come in first. */
  async function waitTurns(turns: number): Promise<void> {
    for (let turn = 0; turn < turns; turn++) await fixture.redis.ping();
  }
});
