import { expect, it } from '@jest/globals';
import fc from 'fast-check';

import { exponentialBackoffMs, type Backoff } from './08-exponential-backoff-retry.js';

const backoffs: fc.Arbitrary<Backoff> = fc
  .record({
    initial_delay_seconds: fc.integer({ min: 0, max: 86_400 }),
    max_delay_seconds: fc.integer({ min: 0, max: 604_800 }),
    backoff_multiplier: fc.double({ min: 1, max: 10, noNaN: true }),
  })
  .map((policy) => ({
    ...policy,
    max_delay_seconds: Math.max(policy.initial_delay_seconds, policy.max_delay_seconds),
  }));

const failures = fc.integer({ min: 1, max: 101 });

it('doubles from the first delay up to the longest', () => {
  const policy = { initial_delay_seconds: 60, max_delay_seconds: 3600, backoff_multiplier: 2 };
  const delays = [1, 2, 3, 4, 5, 6, 7, 8, 100].map((count) => exponentialBackoffMs(policy, count) / 1000);
  expect(delays).toEqual([60, 120, 240, 480, 960, 1920, 3600, 3600, 3600]);
});

it('grows by the multiplier until it is the longest, and never beyond', () => {
  fc.assert(
    fc.property(backoffs, failures, (policy, count) => {
      const delay = exponentialBackoffMs(policy, count);
      const longest = policy.max_delay_seconds * 1000;
      const next = exponentialBackoffMs(policy, count + 1);
      expect(delay).toBeLessThanOrEqual(longest);
      if (next < longest) expect(next).toBeCloseTo(delay * policy.backoff_multiplier, 0);
      else expect(next).toBe(longest);
    }),
  );
});
