import { expect, it } from '@jest/globals';
import fc from 'fast-check';

import { retryJitterMs } from './09-retry-jitter.js';

const factors = fc.double({ min: 0, max: 1, noNaN: true });
const delays = fc.double({ min: 0, max: 604_800_000, noNaN: true });
const randoms = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('uses the whole width, both ways', () => {
  const policy = { jitter_factor: 0.25 };
  expect(retryJitterMs(policy, 60_000, 0)).toBe(45_000);
  expect(retryJitterMs(policy, 60_000, 0.5)).toBe(60_000);
  expect(retryJitterMs(policy, 60_000, 1 - Number.EPSILON)).toBe(75_000);
});

it('stays within the factor of the whole delay, in whole milliseconds', () => {
  fc.assert(
    fc.property(factors, delays, randoms, (jitter_factor, delay, random) => {
      const varied = retryJitterMs({ jitter_factor }, delay, random);
      expect(Number.isSafeInteger(varied)).toBe(true);
      expect(varied).toBeGreaterThanOrEqual(Math.floor(delay * (1 - jitter_factor)));
      expect(varied).toBeLessThanOrEqual(Math.ceil(delay * (1 + jitter_factor)));
    }),
  );
});

it('grows with the delay at the same random number', () => {
  fc.assert(
    fc.property(factors, delays, delays, randoms, (jitter_factor, one, other, random) => {
      const varied = [Math.min(one, other), Math.max(one, other)].map((delay) =>
        retryJitterMs({ jitter_factor }, delay, random),
      );
      expect(varied[0]).toBeLessThanOrEqual(varied[1] ?? 0);
    }),
  );
});
