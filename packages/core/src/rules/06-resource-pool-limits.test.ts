import { expect, it } from '@jest/globals';

import { resourcePoolLimit } from './06-resource-pool-limits.js';

it.each([
  [undefined, 1_000_000, 'ADMIT'],
  [10, 9, 'ADMIT'],
  [10, 10, 'WAIT'],
  [10, 11, 'WAIT'],
])('a limit of %s with %d held: %s', (limit, held, expected) => {
  expect(resourcePoolLimit({ limit, held })).toBe(expected);
});
