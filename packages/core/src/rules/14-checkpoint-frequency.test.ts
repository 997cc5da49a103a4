import { expect, it } from '@jest/globals';

import { checkpointIsDue, checkpointsAfterStage } from './14-checkpoint-frequency.js';

it.each([
  [0, false],
  [299_999, false],
  [300_000, true],
])('every 300 s, after %d ms: %s', (sinceMs, expected) => {
  expect(checkpointIsDue({ checkpoint_interval_seconds: 300 }, sinceMs)).toBe(expected);
});

it.each([
  [true, false, true],
  [true, true, false],
  [false, false, false],
])('checkpoint_on_stage %s, last stage %s: %s', (checkpoint_on_stage, isLast, expected) => {
  expect(checkpointsAfterStage({ checkpoint_on_stage }, isLast)).toBe(expected);
});
