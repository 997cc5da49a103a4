import { expect, it } from '@jest/globals';

import { catchupExecution, catchupTurn } from './04-catchup-execution.js';

it.each([
  [true, 10, 10],
  [true, 0, 0],
  [false, 10, 0],
])('enabled %s, at most %d: %d are caught up', (catchup_enabled, max_catchup_runs, expected) => {
  expect(catchupExecution({ catchup_enabled, max_catchup_runs })).toBe(expected);
});

it('runs one after another', () => {
  expect(catchupTurn({})).toBe('RUN');
  expect(catchupTurn({ turn: 'another' })).toBe('HOLD');
  expect(catchupTurn({ ahead: 'another' })).toBe('HOLD');
});
