import { expect, it } from '@jest/globals';
import { skipIfRunning, type SkipIfRunning, type WhileRunning } from './03-skip-if-running.js';

const setting = (skip_if_running: boolean, queue_if_running: boolean): SkipIfRunning => ({
  skip_if_running,
  queue_if_running,
});

const CASES: readonly (readonly [readonly SkipIfRunning[], WhileRunning])[] = [
  [[setting(false, false)], 'RUN'],
  [[setting(true, false)], 'SKIP'],
  [[setting(true, true)], 'QUEUE'],
  [[setting(true, false), setting(false, true)], 'QUEUE'],
  [[setting(false, false), setting(true, false)], 'SKIP'],
  [[], 'RUN'],
];

it.each(CASES)('%j: %s', (settings, expected) => {
  expect(skipIfRunning(...settings)).toBe(expected);
});
