import { describe, expect, it } from '@jest/globals';
import { smoothUsage, type UsageSample } from './index.js';

/** The usage after so many seconds of a share, sampled every second. */
function after(seconds: number, usage: number, from?: UsageSample): UsageSample {
  let smoothed = from ?? smoothUsage(undefined, { usage, at_ms: 0 }, 60);
  for (let second = 1; second <= seconds; second++)
    smoothed = smoothUsage(smoothed, { usage, at_ms: smoothed.at_ms + 1000 }, 60);
  return smoothed;
}

describe('smoothUsage', () => {
  it('begins with nothing, and comes to 63 % of a change in its window', () => {
    expect(after(0, 1).usage).toBe(0);
    expect(after(60, 1).usage).toBeCloseTo(1 - Math.exp(-1), 6);
    expect(after(600, 1).usage).toBeGreaterThan(0.999);
  });

  it('does not depend on how often it is sampled', () => {
    const once = smoothUsage(
      smoothUsage(undefined, { usage: 1, at_ms: 0 }, 60),
      { usage: 1, at_ms: 30_000 },
      60,
    );
    expect(once.usage).toBeCloseTo(after(30, 1).usage, 6);
  });

  it('takes a peak of a few seconds for none', () => {
    expect(after(5, 1, after(600, 0.2)).usage).toBeLessThan(0.3);
  });

  it('stays where it is when the clock runs back', () => {
    expect(smoothUsage({ usage: 0.5, at_ms: 1000 }, { usage: 1, at_ms: 0 }, 60).usage).toBe(0.5);
  });
});
