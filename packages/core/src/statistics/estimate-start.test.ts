import { expect, it } from '@jest/globals';
import fc from 'fast-check';

import { estimateStart } from './estimate-start.js';

it.each([
  [[30, 10, 20], 0, 5, 10],
  [[30, 10, 20], 1, 5, 15],
  [[30, 10, 20], 2, 5, 20],
  [[30, 10, 20], 1, 100, 20],
  [[30], 3, 10, 60],
  [[], 0, 10, undefined],
  [[], 2, 10, undefined],
])('holders %j, %d before it, each %d: %s', (left, before, each, expected) => {
  expect(estimateStart(left, before, each)).toBe(expected);
});

it('is never sooner for one that stands further behind, nor with one slot fewer', () => {
  const durations = fc.array(fc.nat(10_000), { minLength: 1, maxLength: 10 });
  fc.assert(
    fc.property(durations, fc.nat(20), fc.nat(10_000), (left, before, each) => {
      const own = estimateStart(left, before, each) ?? NaN;
      expect(estimateStart(left, before + 1, each)).toBeGreaterThanOrEqual(own);
      const [most, ...fewer] = left.toSorted((a, b) => b - a);
      if (most !== undefined && fewer.length > 0)
        expect(estimateStart(fewer, before, each)).toBeGreaterThanOrEqual(own);
    }),
  );
});
