import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { sortByName } from './sort-by-name.js';

/** Names that begin alike, differ late, are prefixes of each other, and have characters beyond the usual ones. */
const name = fc
  .tuple(
    fc.constantFrom('', 'job-', 'job-000000000'),
    fc.string({ unit: fc.constantFrom('0', '1', 'a', '~', '\u007f', 'é', 'ü', '\u0000'), maxLength: 10 }),
  )
  .map((parts) => parts.join(''));

describe('sortByName', () => {
  it('has the order of the names, and of the same ones the order given', () => {
    fc.assert(
      fc.property(fc.array(name), (names) => {
        const items = names.map((each, at) => ({ name: each, at }));
        const expected = items.toSorted((a, b) => (a.name < b.name ? -1 : Number(a.name !== b.name)));
        expect(sortByName(items, (item) => item.name)).toEqual(expected);
      }),
      { numRuns: 2000 },
    );
  });
});
