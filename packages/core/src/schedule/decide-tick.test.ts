import { describe, expect, it } from '@jest/globals';
import { decideTick } from './decide-tick.js';

describe('decideTick', () => {
  it.each([
    [0, 60, 'FIRED'],
    [999, 60, 'FIRED'],
    [999, 0, 'FIRED'],
    [-5, 60, 'FIRED'],
    [1_000, 60, 'LATE'],
    [60_000, 60, 'LATE'],
    [60_001, 60, 'MISSED'],
    [1_000, 0, 'MISSED'],
  ])('%d ms late, %d s tolerated: %s', (late, toleranceSeconds, expected) => {
    expect(decideTick({ nominalMs: 1_000_000, nowMs: 1_000_000 + late, toleranceSeconds })).toBe(expected);
  });
});
