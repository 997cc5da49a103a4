import { expect, it } from '@jest/globals';

import { globalConcurrencyLimit } from './07-global-concurrency-limit.js';

it.each([
  [50, 100, 49, 'ADMIT'],
  [50, 100, 50, 'WAIT'],
  [50, 4, 3, 'ADMIT'],
  [50, 4, 4, 'WAIT'],
  [50, 0, 0, 'WAIT'],
])('at most %d, %d places, %d held: %s', (global_max_concurrent, places, held, expected) => {
  expect(globalConcurrencyLimit({ global_max_concurrent, places, held })).toBe(expected);
});
