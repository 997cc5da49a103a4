import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { JITTER_MODES } from '../schema/retry-policy.js';
import {
  CRASHES_TO_QUARANTINE,
  decideRetry,
  LOST_ATTEMPT_BUDGET,
  type BackoffPolicy,
} from './decide-retry.js';

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

type Ending = 'failed' | 'crashed' | 'lost' | 'handed over';
const ENDINGS: readonly Ending[] = ['failed', 'crashed', 'lost', 'handed over'];
const HOW = { failed: 'FAILED', crashed: 'CRASHED', lost: 'LOST', 'handed over': 'HANDED_OVER' } as const;

/** Runs a chain whose attempts end as told, until a decision ends it. @returns how many attempts it had, and why it ended */
function attemptsOf(
  policy: BackoffPolicy,
  endingOf: (attempt: number) => Ending,
): [attempts: number, reason: string] {
  for (
    let attempt_number = 1, before = { lost_attempts: 0, handed_over: 0, crashes: 0 };
    ;
    attempt_number++
  ) {
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
        const crashes = had.filter((ending) => ending === 'crashed').length;
        const failures = had.filter((ending) => ending === 'failed').length + crashes;
        const within = {
          failures: failures <= allowed,
          crashes: crashes <= CRASHES_TO_QUARANTINE,
          lost: lost <= LOST_ATTEMPT_BUDGET,
        };
        if (reason === 'LOST_TOO_OFTEN') expect(lost).toBe(LOST_ATTEMPT_BUDGET + 1);
        else if (reason === 'QUARANTINED')
          expect([crashes, within.lost]).toEqual([CRASHES_TO_QUARANTINE, true]);
        else expect([failures, crashes < CRASHES_TO_QUARANTINE, within.lost]).toEqual([allowed, true, true]);
        expect([within.failures, within.crashes]).toEqual([true, true]);
      }),
    );
  });

  it('quarantines at the third crash, whatever the policy allows, and not for the losses in between', () => {
    const endings: readonly Ending[] = ['crashed', 'lost', 'crashed', 'lost', 'lost', 'crashed', 'failed'];
    const policy = { ...POLICY, max_attempts: 100 };
    expect(attemptsOf(policy, (attempt) => endings[attempt - 1] ?? 'failed')).toEqual([6, 'QUARANTINED']);
    expect(attemptsOf({ ...POLICY, max_attempts: 3 }, () => 'crashed')).toEqual([3, 'QUARANTINED']);
    expect(attemptsOf({ ...POLICY, max_attempts: 2 }, () => 'crashed')).toEqual([2, 'ATTEMPTS_EXHAUSTED']);
    const third = {
      policy,
      attempt_number: 3,
      lost_attempts: 0,
      handed_over: 0,
      crashes: 2,
      random: 0.5,
    } as const;
    expect(decideRetry({ ...third, how: 'CRASHED', retryable: false })).toEqual({
      will_retry: false,
      reason: 'QUARANTINED',
    });
    expect(decideRetry({ ...third, how: 'FAILED', retryable: true })).toMatchObject({
      will_retry: true,
      crashes: 2,
    });
  });

  it('does not wait after a loss, and goes on with the backoff where the failures were', () => {
    const question = { policy: POLICY, retryable: true, handed_over: 0, crashes: 1, random: 0.5 };
    expect(decideRetry({ ...question, attempt_number: 2, lost_attempts: 0, how: 'LOST' })).toEqual({
      will_retry: true,
      delayMs: 0,
      lost_attempts: 1,
      handed_over: 0,
      crashes: 1,
    });
    expect(decideRetry({ ...question, attempt_number: 4, lost_attempts: 2, how: 'FAILED' })).toEqual({
      will_retry: true,
      delayMs: 120_000,
      lost_attempts: 2,
      handed_over: 0,
      crashes: 1,
    });
  });

  it('repeats a lost attempt even where its failure would not be retried', () => {
    const before = { attempt_number: 1, lost_attempts: 0, handed_over: 0, crashes: 0 };
    const question = { policy: POLICY, ...before, random: 0, retryable: false };
    expect(decideRetry({ ...question, how: 'LOST' })).toMatchObject({ will_retry: true });
    expect(decideRetry({ ...question, how: 'FAILED' })).toEqual({
      will_retry: false,
      reason: 'NOT_RETRYABLE',
    });
  });
});
