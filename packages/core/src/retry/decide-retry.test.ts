import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { backoffMs, decideRetry, LOST_ATTEMPT_BUDGET, type BackoffPolicy } from './decide-retry.js';

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

const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

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

describe('backoffMs', () => {
  it('doubles from the first delay up to the longest', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((failures) => backoffMs(POLICY, failures, 0));
    expect(delays).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600, 3600].map((seconds) => seconds * 1000));
  });

  it('is initial x multiplier^(n-1), at most the longest, within the jitter of itself', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 101 }), randoms, (policy, failures, random) => {
        const delay = backoffMs(policy, failures, random);
        const {
          initial_delay_seconds: initial,
          backoff_multiplier: multiplier,
          max_delay_seconds: max,
        } = policy;
        const whole = 1000 * Math.min(initial * multiplier ** (failures - 1), max);
        expect(Number.isSafeInteger(delay)).toBe(true);
        expect(delay).toBeGreaterThanOrEqual(Math.floor(whole * (1 - policy.jitter_factor)));
        expect(delay).toBeLessThanOrEqual(Math.ceil(whole * (1 + policy.jitter_factor)));
      }),
      { numRuns: 2000 },
    );
  });

  it('uses the whole width of the jitter, both ways', () => {
    const jittered = { ...POLICY, jitter_factor: 0.25 };
    expect(backoffMs(jittered, 1, 0)).toBe(45_000);
    expect(backoffMs(jittered, 1, 0.5)).toBe(60_000);
    expect(backoffMs(jittered, 1, 1 - Number.EPSILON)).toBe(75_000);
  });

  it('never falls from one failure to the next at the same jitter', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 100 }), randoms, (policy, failures, random) => {
        expect(backoffMs(policy, failures + 1, random)).toBeGreaterThanOrEqual(
          backoffMs(policy, failures, random),
        );
      }),
    );
  });
});
