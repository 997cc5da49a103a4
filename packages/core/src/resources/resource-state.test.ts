import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { estimatedRecoverySeconds, nextResourceState, type ResourceState } from './resource-state.js';

const LIMITS = { threshold: 0.9, recovery_ratio: 0.9 };

/** What becomes of samples taken a second apart. */
function statesOf(usages: readonly number[], limits = LIMITS): ResourceState[] {
  const states: ResourceState[] = [];
  for (const [at, usage] of usages.entries())
    states.push(nextResourceState(states.at(-1), { usage, at_ms: at * 1000 }, limits));
  return states;
}

const exhausted = (usages: readonly number[], limits = LIMITS): boolean[] =>
  statesOf(usages, limits).map((state) => state.exhausted);

describe('nextResourceState', () => {
  it('is exhausted from the threshold on, until it is below the level of recovery', () => {
    expect(exhausted([0.89, 0.9, 0.95, 0.89, 0.81, 0.809, 0.89, 0.9])).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  it('flickers nowhere between the two levels', () => {
    const between = fc.array(fc.double({ min: 0.811, max: 0.899, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(between, (usages) => {
        expect(new Set(exhausted(usages))).toEqual(new Set([false]));
        expect(new Set(exhausted([1, ...usages]))).toEqual(new Set([true]));
      }),
    );
  });

  it('says of any series what its last sample beyond the levels says', () => {
    const usages = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1 });
    fc.assert(
      fc.property(usages, (series) => {
        const decisive = series.findLast((usage) => usage >= 0.9 || usage < 0.9 * 0.9);
        expect(exhausted(series).at(-1)).toBe(decisive !== undefined && decisive >= 0.9);
      }),
    );
  });

  it('is never exhausted with a threshold of 0, and has no margin with a ratio of 1', () => {
    expect(exhausted([0, 1, 1], { threshold: 0, recovery_ratio: 0.9 })).toEqual([false, false, false]);
    expect(exhausted([0.9, 0.899], { threshold: 0.9, recovery_ratio: 1 })).toEqual([true, false]);
  });
});

describe('estimatedRecoverySeconds', () => {
  const estimate = (usages: readonly number[]): number | null => {
    const last = statesOf(usages).at(-1);
    if (last === undefined) throw new Error('a series has samples');
    return estimatedRecoverySeconds(last, LIMITS);
  };

  it('follows from how it falls', () => {
    expect(estimate([0.99, 0.98])).toBe(17);
    expect(estimate([0.99, 0.95])).toBe(4);
  });

  it('is not known of the first sample, of one that rises or stands, and of one that falls hardly at all', () => {
    expect(estimate([0.99])).toBeNull();
    expect(estimate([0.95, 0.96])).toBeNull();
    expect(estimate([0.95, 0.95])).toBeNull();
    expect(estimate([0.95, 0.949_999_999])).toBeNull();
  });

  it('is nothing for what is not exhausted', () => {
    expect(estimate([0.99, 0.5])).toBeNull();
  });

  it('is not thrown off by a clock that stands still or runs back', () => {
    const first = nextResourceState(undefined, { usage: 0.99, at_ms: 1000 }, LIMITS);
    for (const at_ms of [1000, 0]) {
      const next = nextResourceState(first, { usage: 0.95, at_ms }, LIMITS);
      expect(next).toMatchObject({ exhausted: true, usage: 0.95 });
      expect(estimatedRecoverySeconds(next, LIMITS)).toBeNull();
    }
  });
});
