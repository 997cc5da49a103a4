import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { CONNECTION_BOUNDS, reconnectPauseMs } from './connection-bounds.js';

const share = fc.double({ min: 0, max: 1, noNaN: true });

describe('reconnectPauseMs', () => {
  it('grows to a bound, and is never less than half of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 7, max: 100_000 }), share, (attempt, random) => {
        const pause = reconnectPauseMs(attempt, random);
        expect(pause).toBeGreaterThanOrEqual(1000);
        expect(pause).toBeLessThanOrEqual(2000);
      }),
    );
    expect([1, 2, 3].map((attempt) => reconnectPauseMs(attempt, 1))).toEqual([100, 200, 400]);
  });

  it('differs from process to process', () => {
    expect(reconnectPauseMs(8, 0)).toBe(1000);
    expect(reconnectPauseMs(8, 1)).toBe(2000);
  });
});

it('a server that is no primary is left', () => {
  const leaves = (message: string): boolean => CONNECTION_BOUNDS.reconnectOnError(new Error(message));
  expect(leaves("READONLY You can't write against a read only replica.")).toBe(true);
  expect(leaves("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.")).toBe(
    true,
  );
  expect(leaves('LOADING Redis is loading the dataset in memory')).toBe(false);
  expect(leaves('BUSY Redis is busy running a script.')).toBe(false);
});
