import { describe, expect, it } from '@jest/globals';
import { lastStartThatFits } from './last-start-that-fits.js';

describe('lastStartThatFits', () => {
  it.each([
    [{ opens_ms: 1_000, closes_ms: 5_000 }, 1_500, 3_500],
    [{ opens_ms: 1_000, closes_ms: 5_000 }, 4_000, 1_000],
    [{ opens_ms: 1_000, closes_ms: 5_000 }, 4_001, undefined],
    [{ opens_ms: 1_000, closes_ms: 5_000 }, 0, 4_999],
    [{ opens_ms: -Infinity, closes_ms: Infinity }, 1e9, Infinity],
  ])('of %j for %d ms: %p', (hours, duration, expected) => {
    expect(lastStartThatFits(hours, duration)).toBe(expected);
  });
});
