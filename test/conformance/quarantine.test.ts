import { CRASHES_TO_QUARANTINE, type ExecutionRecord, type JobDefinition } from '@phi/core';
import { promoteRetries, takeBackLost, type Services } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  crash,
  define,
  executionsOf,
  failWith,
  openEngine,
  recordOf,
  run,
  succeedWith,
  trigger,
  type Body,
  type EngineFixture,
} from './testing/engine-fixture.js';
import { closeSound } from './testing/expect-sound.js';

const LEASE_MS = 60_000;
const FOR_EVER_MS = 1_000_000_000;

/** Attempts follow each other at once. */
const RETRIED = { max_attempts: 20, initial_delay_seconds: 0, jitter_factor: 0 };

describe('a body that crashes without a word', () => {
  let fixture: EngineFixture;
  let services: Services;

  beforeEach(async () => {
    fixture = openEngine('quarantine');
    services = fixture.services;
    await fixture.registerExecutor('executor', FOR_EVER_MS);
  });
  afterEach(() => closeSound(fixture));

  async function begin(job: JobDefinition, ...others: readonly JobDefinition[]): Promise<string> {
    await apply(services, [job, ...others]);
    return trigger(services, job.job_id);
  }

  /** Runs the attempts of a chain, one body each, until none follows. @returns the records of the attempts */
  async function runChain(first: string, bodies: readonly Body[]): Promise<ExecutionRecord[]> {
    const ended: ExecutionRecord[] = [];
    for (let id: string | undefined = first; id !== undefined;) {
      const body = bodies[ended.length] ?? bodies.at(-1);
      if (body === undefined) throw new Error('a body is expected');
      await run(services, id, body);
      const record = await recordOf(services, id);
      ended.push(record);
      id = record.retried_by;
      await promoteRetries(services);
    }
    return ended;
  }

  it('is tried again, and quarantined at the third crash, whatever its policy allows', async () => {
    const by_error = { NATIVE_CRASH: { max_attempts: 50, initial_delay_seconds: 0 } };
    const first = await begin(
      define('a', { retry_policy: { ...RETRIED, by_error } }),
      define('b', { after: ['a'] }),
    );
    const attempts = await runChain(first, [() => crash()]);
    expect(attempts.map(({ reason, crashes }) => [reason, crashes])).toEqual([
      ['EXEC_014_NATIVE_CRASH', undefined],
      ['EXEC_014_NATIVE_CRASH', 1],
      ['EXEC_035_QUARANTINED', CRASHES_TO_QUARANTINE - 1],
    ]);
    expect(attempts.map(({ history }) => history.at(-1)?.detail)).toEqual([
      'EXEC_014_NATIVE_CRASH, crash 1 of 3, retried',
      'EXEC_014_NATIVE_CRASH, crash 2 of 3, retried',
      'EXEC_014_NATIVE_CRASH, crash 3 of 3, QUARANTINED',
    ]);
    const last = attempts.at(-1);
    expect(JSON.parse(last?.failure ?? '')).toMatchObject({
      error_category: 'PERMANENT',
      context: { last_error_code: 'EXEC_014_NATIVE_CRASH' },
    });
    expect(await services.deadLetters.has(last?.execution_id ?? '')).toBe(true);
    expect(await executionsOf(services, 'b')).toMatchObject([{ status: 'CANCELLED' }]);
    expect(fixture.alerts).toMatchObject([
      {
        kind: 'QUARANTINE',
        severity: 'critical',
        subject: last?.execution_id,
        error_code: 'EXEC_035_QUARANTINED',
      },
    ]);
    expect((await services.limits.held(['global'])).get('global')).toBe(0);
  });

  it('ends by its own code where the policy allows fewer attempts', async () => {
    const first = await begin(define('a', { retry_policy: { ...RETRIED, max_attempts: 2 } }));
    const attempts = await runChain(first, [() => crash('EXEC_036_NO_ANSWER')]);
    expect(attempts.map(({ reason }) => reason)).toEqual(['EXEC_036_NO_ANSWER', 'EXEC_036_NO_ANSWER']);
    expect(fixture.alerts).toEqual([]);
  });

  it('is not quarantined for failures that say what was wrong', async () => {
    const first = await begin(
      define('a', { retry_policy: { ...RETRIED, retryable_errors: ['MODULE_FAILED', 'NATIVE_CRASH'] } }),
    );
    const failing: Body = () => failWith('EXEC_006_MODULE_FAILED');
    const bodies: Body[] = [
      () => crash(),
      failing,
      failing,
      failing,
      () => crash(),
      failing,
      () => succeedWith(),
    ];
    const attempts = await runChain(first, bodies);
    expect(attempts).toHaveLength(bodies.length);
    expect(attempts.at(-1)).toMatchObject({ status: 'COMPLETED', crashes: 2 });
  });

  it('keeps its crashes when an executor is lost in between, and is charged none for that', async () => {
    const first = await begin(define('a', { retry_policy: RETRIED }));
    await run(services, first, () => crash());
    await promoteRetries(services);
    const second = (await recordOf(services, first)).retried_by ?? '';
    await fixture.registerExecutor('doomed', LEASE_MS);
    const claim = { event: 'CLAIM', execution_id: second, nonce: 'n', op: 'n', actor: 'doomed' } as const;
    expect(await services.executions.transition({ ...claim, executor_id: 'doomed' })).toMatchObject({
      ok: true,
    });
    await fixture.setClockOffset(LEASE_MS + 1000);
    expect(await takeBackLost(services, { evict: true })).toBe(1);
    await promoteRetries(services);
    const third = (await recordOf(services, second)).retried_by ?? '';
    expect(await recordOf(services, third)).toMatchObject({ crashes: 1, lost_attempts: 1 });
    const rest = await runChain(third, [() => crash()]);
    expect(rest.map(({ reason }) => reason)).toEqual(['EXEC_014_NATIVE_CRASH', 'EXEC_035_QUARANTINED']);
  });
});
