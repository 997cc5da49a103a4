import { expect, it } from '@jest/globals';

import { maximumRetryAttempts } from './11-maximum-retry-attempts.js';

it.each([
  [1, true, 1, 'EXHAUSTED'],
  [1, false, 1, 'RETRY'],
  [1, false, 2, 'EXHAUSTED'],
  [5, true, 4, 'RETRY'],
  [5, true, 5, 'EXHAUSTED'],
  [5, false, 5, 'RETRY'],
  [5, false, 6, 'EXHAUSTED'],
])(
  'max_attempts %d, include_initial %s, %d failed: %s',
  (max_attempts, include_initial, failures, verdict) => {
    expect(maximumRetryAttempts({ max_attempts, include_initial }, failures)).toBe(verdict);
  },
);
