import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { refusalReason } from './refusal-reason.js';

const problem = fc.record({
  field: fc.string({ unit: 'binary', maxLength: 1000 }),
  reason: fc.string({ unit: 'binary', maxLength: 1000 }),
  accepted: fc.string({ unit: 'binary', maxLength: 1000 }),
  value: fc.constant('hunter2'),
});

describe('refusalReason', () => {
  it('has a bounded line for each of a bounded number of problems, and no value', () => {
    fc.assert(
      fc.property(fc.array(problem, { minLength: 1, maxLength: 50 }), (problems) => {
        const lines = refusalReason(problems).split('\n');
        expect(lines).toHaveLength(Math.min(problems.length, 21));
        expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(402);
        expect(lines.join()).not.toContain('hunter2');
        expect(lines.join('')).not.toMatch(/\p{Cc}/u);
      }),
    );
  });

  it('says how many more there are', () => {
    const problems = Array.from({ length: 23 }, (_, n) => ({
      field: `f${String(n)}`,
      reason: 'is wrong',
      accepted: 'x',
    }));
    expect(refusalReason(problems).split('\n').at(-1)).toBe('and 3 more problems');
    expect(refusalReason(problems.slice(0, 1))).toBe('f0: is wrong; accepted: x');
  });
});
