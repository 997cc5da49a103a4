import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { percentile } from './percentile.js';

describe('percentile', () => {
  it.each([
    [[], 0.95, undefined],
    [[7], 0.95, 7],
    [[9, 1], 0.5, 1],
    [[9, 1], 0.51, 9],
    [[10, 9, 100], 1, 100],
    [Array.from({ length: 100 }, (_, index) => index + 1), 0.07, 7],
    [Array.from({ length: 20 }, (_, index) => 20 - index), 0.95, 19],
  ])('of %j at %d: %p', (values, share, expected) => {
    expect(percentile(values, share)).toBe(expected);
  });

  it('is the smallest value that as many do not exceed', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer(), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const found = percentile(values, percent / 100) ?? NaN;
          const upTo = (limit: number): number => values.filter((value) => value <= limit).length;
          const below = values.filter((value) => value < found).length;
          expect(values).toContain(found);
          expect(upTo(found) * 100).toBeGreaterThanOrEqual(values.length * percent);
          expect(below * 100).toBeLessThan(values.length * percent);
        },
      ),
    );
  });
});
