import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { insert, merge, placeOf } from './in-order.js';

const ascending = (a: number, b: number): number => a - b;
const ordered = fc.uniqueArray(fc.nat({ max: 30 })).map((numbers) => numbers.sort(ascending));

describe('lists in order', () => {
  it('merge into one that has each number once', () => {
    fc.assert(
      fc.property(ordered, ordered, (left, right) => {
        expect(merge(left, right, ascending)).toEqual([...new Set([...left, ...right])].sort(ascending));
      }),
    );
  });

  it('take a number at its place', () => {
    fc.assert(
      fc.property(ordered, fc.nat({ max: 30 }), (list, number) => {
        expect(insert(number, list, ascending)).toEqual([...list, number].sort(ascending));
        expect(placeOf(number, list, ascending)).toBe(list.filter((each) => each < number).length);
      }),
    );
  });
});
