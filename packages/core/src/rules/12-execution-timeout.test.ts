import { expect, it } from '@jest/globals';

import { executionTimeout } from './12-execution-timeout.js';

it.each([
  [0, { verdict: 'CONTINUE', left_ms: 60_000 }],
  [59_999, { verdict: 'CONTINUE', left_ms: 1 }],
  [60_000, { verdict: 'TERMINATE' }],
  [90_000, { verdict: 'TERMINATE' }],
])('after %d ms of a minute: %j', (ranMs, expected) => {
  expect(executionTimeout({ timeout_seconds: 60 }, ranMs)).toEqual(expected);
});
