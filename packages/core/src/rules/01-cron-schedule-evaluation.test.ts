import { describe, expect, it } from '@jest/globals';
import { cronScheduleEvaluation } from './01-cron-schedule-evaluation.js';

describe('cronScheduleEvaluation', () => {
  it.each([
    [0, 60, 'FIRED'],
    [999, 60, 'FIRED'],
    [999, 0, 'FIRED'],
    [-5, 60, 'FIRED'],
    [1_000, 60, 'LATE'],
    [60_000, 60, 'LATE'],
    [60_001, 60, 'MISSED'],
    [1_000, 0, 'MISSED'],
  ])('%d ms late, %d s tolerated: %s', (late, tolerance_seconds, expected) => {
    const facts = { nominal_ms: 1_000_000, now_ms: 1_000_000 + late, tolerance_seconds };
    expect(cronScheduleEvaluation(facts)).toBe(expected);
  });
});
