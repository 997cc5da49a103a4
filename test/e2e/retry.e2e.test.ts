import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Execution } from '@phi/core';

import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

const INITIAL_DELAY_MS = 1000;
const MULTIPLIER = 2;
/** From the end of a backoff until the attempt has started: a scheduler's round, admission and delivery. */
const STARTS_WITHIN_MS = 30_000;

let phi: Phi;

beforeAll(async () => {
  phi = await Phi.start({ env: { PHI_HANDLERS: handlers('FLAKY', 'BRIEF') } });
});
afterAll(async () => {
  await phi.stop();
});

const job = (job_id: string, module: string, more: object = {}): object => ({
  job_id,
  name: job_id,
  job_type: 'COMPOSITE',
  pipeline_modules: [module],
  ...more,
});

describe('a body that fails', () => {
  it('is repeated as its policy says while the failure is a passing one', async () => {
    await phi.api.apply({
      jobs: [
        job('passing', 'FLAKY', {
          parameters: { FLAKY: { code: 'EXEC_018_CONNECTION_FAILED', succeeds_at: 3 } },
          retry_policy: {
            max_attempts: 3,
            initial_delay_seconds: INITIAL_DELAY_MS / 1000,
            backoff_multiplier: MULTIPLIER,
            jitter_factor: 0,
          },
        }),
        job('after-passing', 'BRIEF', { dependencies: [{ upstream_job_id: 'passing' }] }),
      ],
    });
    const run = await phi.api.ended(await phi.api.trigger('passing'));

    expect(run.status).toBe('succeeded');
    const chain = run.executions.filter(({ job_id }) => job_id === 'passing');
    const [first, second, third] = chain;
    if (first === undefined || second === undefined || third === undefined)
      throw new Error(`three attempts are expected: ${JSON.stringify(chain)}`);
    expect(
      chain.map(({ status, attempt_number, parent_execution_id }) => [
        status,
        attempt_number,
        parent_execution_id,
      ]),
    ).toEqual([
      ['FAILED', 1, null],
      ['FAILED', 2, first.execution_id],
      ['COMPLETED', 3, first.execution_id],
    ]);
    for (const { result } of [first, second]) expect(result?.error_code).toBe('EXEC_018_CONNECTION_FAILED');
    expect(third.result?.records_processed).toBe(3);
    // Attempt n + 1 comes initial × multiplier^(n - 1) after the end of attempt n.
    for (const [failed, next, delay] of [
      [first, second, INITIAL_DELAY_MS],
      [second, third, INITIAL_DELAY_MS * MULTIPLIER],
    ] as const) {
      const ended = Date.parse(failed.completed_time ?? '');
      expect(Math.abs(Date.parse(next.not_before ?? '') - ended - delay)).toBeLessThanOrEqual(100);
      const started = Date.parse(next.started_time ?? '');
      expect(started).toBeGreaterThanOrEqual(Date.parse(next.not_before ?? ''));
      expect(started - ended - delay).toBeLessThanOrEqual(STARTS_WITHIN_MS);
    }
    const dependents = run.executions.filter(({ job_id }) => job_id === 'after-passing');
    expect(dependents).toEqual([expect.objectContaining({ status: 'COMPLETED', attempt_number: 1 })]);
  });

  it('fails its run at once, and cancels what depends on it, when the failure is a lasting one', async () => {
    await phi.api.apply({
      jobs: [
        job('lasting', 'FLAKY', { parameters: { FLAKY: { code: 'EXEC_020_PERMISSION_DENIED' } } }),
        job('next', 'BRIEF', { dependencies: [{ upstream_job_id: 'lasting' }] }),
        job('last', 'BRIEF', { dependencies: [{ upstream_job_id: 'next' }] }),
      ],
    });
    const run = await phi.api.ended(await phi.api.trigger('lasting'));

    expect(run.status).toBe('failed');
    const of = (jobId: string): Execution => {
      const [found, ...more] = run.executions.filter(({ job_id }) => job_id === jobId);
      if (found === undefined || more.length > 0) throw new Error(`one execution of ${jobId} is expected`);
      return found;
    };
    expect(run.executions).toHaveLength(3);
    expect(of('lasting')).toMatchObject({
      status: 'FAILED',
      attempt_number: 1,
      result: { error_code: 'EXEC_020_PERMISSION_DENIED' },
    });
    for (const jobId of ['next', 'last']) {
      const { history, status, started_time } = await phi.api.execution(of(jobId).execution_id);
      expect([status, started_time]).toEqual(['CANCELLED', null]);
      expect(history.at(-1)).toMatchObject({ event: 'ABANDON', detail: 'DEP_004_UPSTREAM_NOT_MET' });
    }
  });
});
