import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { JITTER_MODES } from '../schema/retry-policy.js';
import { decideRetry, LOST_ATTEMPT_BUDGET, type BackoffPolicy } from './decide-retry.js';

const POLICY: BackoffPolicy = {
  max_attempts: 3,
  include_initial: true,
  initial_delay_seconds: 60,
  max_delay_seconds: 3600,
  backoff_multiplier: 2,
  jitter_factor: 0,
  jitter_mode: 'FULL',
};

const policies: fc.Arbitrary<BackoffPolicy> = fc
  .record({
    max_attempts: fc.integer({ min: 1, max: 100 }),
    include_initial: fc.boolean(),
    initial_delay_seconds: fc.integer({ min: 0, max: 86_400 }),
    max_delay_seconds: fc.integer({ min: 0, max: 604_800 }),
    backoff_multiplier: fc.double({ min: 1, max: 10, noNaN: true }),
    jitter_factor: fc.double({ min: 0, max: 1, noNaN: true }),
    jitter_mode: fc.constantFrom(...JITTER_MODES),
  })
  .map((policy) => ({
    ...policy,
    max_delay_seconds: Math.max(policy.initial_delay_seconds, policy.max_delay_seconds),
  }));

type Ending = 'failed' | 'lost' | 'handed over';
const ENDINGS: readonly Ending[] = ['failed', 'lost', 'handed over'];
const HOW = { failed: 'FAILED', lost: 'LOST', 'handed over': 'HANDED_OVER' } as const;

/** Runs a chain whose attempts end as told, until a decision ends it. @returns how many attempts it had, and why it ended */
function attemptsOf(
  policy: BackoffPolicy,
  endingOf: (attempt: number) => Ending,
): [attempts: number, reason: string] {
  for (let attempt_number = 1, before = { lost_attempts: 0, handed_over: 0 }; ; attempt_number++) {
    const how = HOW[endingOf(attempt_number)];
    const decision = decideRetry({ policy, attempt_number, ...before, how, retryable: true, random: 0.5 });
    if (!decision.will_retry) return [attempt_number, decision.reason];
    before = decision;
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

  it('keeps lost attempts and failed ones in budgets of their own, in whatever order they come, and what is handed over in none', () => {
    fc.assert(
      fc.property(policies, fc.array(fc.constantFrom(...ENDINGS), { maxLength: 130 }), (policy, endings) => {
        const allowed = policy.include_initial ? policy.max_attempts : policy.max_attempts + 1;
        const [attempts, reason] = attemptsOf(policy, (attempt) => endings[attempt - 1] ?? 'failed');
        const had = Array.from({ length: attempts }, (_, at) => endings[at] ?? 'failed');
        const lost = had.filter((ending) => ending === 'lost').length;
        if (reason === 'LOST_TOO_OFTEN') expect(lost).toBe(LOST_ATTEMPT_BUDGET + 1);
        else
          expect([had.filter((ending) => ending === 'failed').length, lost <= LOST_ATTEMPT_BUDGET]).toEqual([
            allowed,
            true,
          ]);
      }),
    );
  });

  it('does not wait after a loss, and goes on with the backoff where the failures were', () => {
    const question = { policy: POLICY, retryable: true, handed_over: 0, random: 0.5 };
    expect(decideRetry({ ...question, attempt_number: 2, lost_attempts: 0, how: 'LOST' })).toEqual({
      will_retry: true,
      delayMs: 0,
      lost_attempts: 1,
      handed_over: 0,
    });
    expect(decideRetry({ ...question, attempt_number: 4, lost_attempts: 2, how: 'FAILED' })).toEqual({
      will_retry: true,
      delayMs: 120_000,
      lost_attempts: 2,
      handed_over: 0,
    });
  });

  it('repeats a lost attempt even where its failure would not be retried', () => {
    const before = { attempt_number: 1, lost_attempts: 0, handed_over: 0 };
    const question = { policy: POLICY, ...before, random: 0, retryable: false };
    expect(decideRetry({ ...question, how: 'LOST' })).toMatchObject({ will_retry: true });
    expect(decideRetry({ ...question, how: 'FAILED' })).toEqual({
      will_retry: false,
      reason: 'NOT_RETRYABLE',
    });
  });
});
