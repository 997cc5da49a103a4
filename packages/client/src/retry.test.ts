import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { ApiProblem } from './api-problem.js';
import { isPassing, retryPauseMs } from './retry.js';
import { Unreachable } from './unreachable.js';

const problem = (status: number, retryAfter?: string): ApiProblem =>
  new ApiProblem('GET /', {
    status,
    headers: new Headers(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
    text: '',
  });
const unreachable = new Unreachable('http://phi', new Error('gone'), undefined);

describe('retryPauseMs', () => {
  it('grows to five seconds, at least half of it whatever chance says', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (failures, random) => {
          const pause = retryPauseMs(failures, unreachable, random);
          const longest = Math.min(200 * 2 ** (failures - 1), 5000);
          expect(pause).toBeGreaterThanOrEqual(longest / 2);
          expect(pause).toBeLessThanOrEqual(longest);
        },
      ),
    );
  });

  it('is never shorter than the API asks for, up to half a minute', () => {
    fc.assert(
      fc.property(fc.nat(999_999), fc.integer({ min: 1, max: 20 }), (seconds, failures) => {
        const pause = retryPauseMs(failures, problem(429, String(seconds)), 0);
        expect(pause).toBeGreaterThan(Math.min(seconds, 30) * 1000);
        expect(pause).toBeLessThanOrEqual(35_000);
      }),
    );
  });

  it.each(['Wed, 21 Oct 2026 07:28:00 GMT', '-1', '1e9', ''])(
    'does without a header that says %j',
    (header) => {
      expect(retryPauseMs(1, problem(503, header), 1)).toBe(200);
    },
  );
});

describe('isPassing', () => {
  it.each([
    [429, true],
    [502, true],
    [503, true],
    [504, true],
    [400, false],
    [401, false],
    [404, false],
    [409, false],
    [422, false],
    [500, false],
  ])('%i: %j', (status, passes) => {
    expect(isPassing(problem(status))).toBe(passes);
  });

  it('counts no answer, and no fault of the caller', () => {
    expect([isPassing(unreachable), isPassing(new TypeError('x'))]).toEqual([true, false]);
  });
});
