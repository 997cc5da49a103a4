import { expect, it } from '@jest/globals';
import fc from 'fast-check';

import { JITTER_MODES } from '../schema/retry-policy.js';
import { retryJitterMs } from './09-retry-jitter.js';

const policies = fc.record({
  jitter_factor: fc.double({ min: 0, max: 1, noNaN: true }),
  jitter_mode: fc.constantFrom(...JITTER_MODES),
});
const delays = fc.double({ min: 0, max: 604_800_000, noNaN: true });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it.each([
  ['FULL', [45_000, 60_000, 75_000]],
  ['EQUAL', [52_500, 60_000, 67_500]],
  ['NONE', [60_000, 60_000, 60_000]],
] as const)('%s uses the whole width of its share, both ways', (jitter_mode, expected) => {
  const policy = { jitter_factor: 0.25, jitter_mode };
  expect([0, 0.5, 1 - Number.EPSILON].map((random) => retryJitterMs(policy, 60_000, random))).toEqual(
    expected,
  );
});

it('stays within the factor of the whole delay, in whole milliseconds', () => {
  fc.assert(
    fc.property(policies, delays, randoms, (policy, delay, random) => {
      const varied = retryJitterMs(policy, delay, random);
      expect(Number.isSafeInteger(varied)).toBe(true);
      expect(varied).toBeGreaterThanOrEqual(Math.floor(delay * (1 - policy.jitter_factor)));
      expect(varied).toBeLessThanOrEqual(Math.ceil(delay * (1 + policy.jitter_factor)));
    }),
  );
});

it('grows with the delay at the same random number', () => {
  fc.assert(
    fc.property(policies, delays, delays, randoms, (policy, one, other, random) => {
      const varied = [Math.min(one, other), Math.max(one, other)].map((delay) =>
        retryJitterMs(policy, delay, random),
      );
      expect(varied[0]).toBeLessThanOrEqual(varied[1] ?? 0);
    }),
  );
});
