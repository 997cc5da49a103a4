import { expect, it } from '@jest/globals';
import {
  besideOpenChains,
  skipIfRunning,
  type SkipIfRunning,
  type WhileRunning,
} from './03-skip-if-running.js';

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

it.each([
  ['RUN', 3, undefined, 'RUN'],
  ['SKIP', 0, undefined, 'RUN'],
  ['SKIP', 1, undefined, 'SKIP'],
  ['QUEUE', 0, undefined, 'RUN'],
  ['QUEUE', 1, undefined, 'HOLD'],
  ['QUEUE', 0, 'another', 'HOLD'],
] as const)('%s with %d past the gate and %s ahead: %s', (mode, past_gate, ahead, expected) => {
  expect(besideOpenChains({ mode, past_gate, ...(ahead === undefined ? {} : { ahead }) })).toBe(expected);
});
