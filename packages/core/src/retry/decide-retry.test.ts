import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { decideRetry, LOST_ATTEMPT_BUDGET, type BackoffPolicy } from './decide-retry.js';

const POLICY: BackoffPolicy = {
  max_attempts: 3,
  include_initial: true,
  initial_delay_seconds: 60,
  max_delay_seconds: 3600,
  backoff_multiplier: 2,
  jitter_factor: 0,
};

const policies: fc.Arbitrary<BackoffPolicy> = fc
  .record({
    max_attempts: fc.integer({ min: 1, max: 100 }),
    include_initial: fc.boolean(),
    initial_delay_seconds: fc.integer({ min: 0, max: 86_400 }),
    max_delay_seconds: fc.integer({ min: 0, max: 604_800 }),
    backoff_multiplier: fc.double({ min: 1, max: 10, noNaN: true }),
    jitter_factor: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map((policy) => ({
    ...policy,
    max_delay_seconds: Math.max(policy.initial_delay_seconds, policy.max_delay_seconds),
  }));

type Ending = 'failed' | 'lost';

/** Runs a chain whose attempts end as told, until a decision ends it. @returns how many attempts it had, and why it ended */
function attemptsOf(
  policy: BackoffPolicy,
  endingOf: (attempt: number) => Ending,
): [attempts: number, reason: string] {
  for (let attempt_number = 1, lost_attempts = 0; ; attempt_number++) {
    const lost_now = endingOf(attempt_number) === 'lost';
    const question = { policy, attempt_number, lost_attempts, lost_now, retryable: true, random: 0.5 };
    const decision = decideRetry(question);
    if (!decision.will_retry) return [attempt_number, decision.reason];
    lost_attempts = decision.lost_attempts;
  }
}

describe('decideRetry', () => {
  it.each([
    [1, true, 1],
    [1, false, 2],
    [3, true, 3],
    [3, false, 4],
    [5, true, 5],
  ])(
    'with max_attempts %d and include_initial %s there are %d attempts',
    (max_attempts, include_initial, attempts) => {
      const policy = { ...POLICY, max_attempts, include_initial };
      expect(attemptsOf(policy, () => 'failed')).toEqual([attempts, 'ATTEMPTS_EXHAUSTED']);
    },
  );

  it('repeats a lost attempt at once, three times in all, whatever the policy allows', () => {
    fc.assert(
      fc.property(policies, (policy) => {
        expect(attemptsOf(policy, () => 'lost')).toEqual([LOST_ATTEMPT_BUDGET + 1, 'LOST_TOO_OFTEN']);
      }),
    );
  });

  it('keeps lost attempts and failed ones in budgets of their own, in whatever order they come', () => {
    fc.assert(
      fc.property(policies, fc.array(fc.boolean(), { maxLength: 130 }), (policy, losses) => {
        const allowed = policy.include_initial ? policy.max_attempts : policy.max_attempts + 1;
        const endings = losses.map((lost): Ending => (lost ? 'lost' : 'failed'));
        const [attempts, reason] = attemptsOf(policy, (attempt) => endings[attempt - 1] ?? 'failed');
        const had = Array.from({ length: attempts }, (_, at) => endings[at] ?? 'failed');
        const lost = had.filter((ending) => ending === 'lost').length;
        if (reason === 'LOST_TOO_OFTEN') expect(lost).toBe(LOST_ATTEMPT_BUDGET + 1);
        else expect([attempts - lost, lost <= LOST_ATTEMPT_BUDGET]).toEqual([allowed, true]);
      }),
    );
  });

  it('does not wait after a loss, and goes on with the backoff where the failures were', () => {
    const question = { policy: POLICY, retryable: true, random: 0.5 };
    expect(decideRetry({ ...question, attempt_number: 2, lost_attempts: 0, lost_now: true })).toEqual({
      will_retry: true,
      delayMs: 0,
      lost_attempts: 1,
    });
    expect(decideRetry({ ...question, attempt_number: 4, lost_attempts: 2, lost_now: false })).toEqual({
      will_retry: true,
      delayMs: 120_000,
      lost_attempts: 2,
    });
  });

  it('repeats a lost attempt even where its failure would not be retried', () => {
    const question = { policy: POLICY, attempt_number: 1, lost_attempts: 0, random: 0, retryable: false };
    expect(decideRetry({ ...question, lost_now: true })).toMatchObject({ will_retry: true });
    expect(decideRetry({ ...question, lost_now: false })).toEqual({
      will_retry: false,
      reason: 'NOT_RETRYABLE',
    });
  });
});
