import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  attemptId,
  deriveId,
  EXECUTION_ID_LENGTH,
  requestedExecutionId,
  retryExecutionId,
  scheduledExecutionId,
} from './derive-id.js';

/** What namespaces, jobs and schedules may be called, the characters that other systems take for separators included. */
const identifier = fc.string({
  unit: fc.constantFrom(...Array.from('abcXYZ019.:_-/|, \n')),
  minLength: 1,
  maxLength: 12,
});
/** Idempotency keys come from outside and may hold anything. */
const anything = fc.string({ unit: fc.constantFrom(...Array.from('ab|:,\u0000\u0001 ')), maxLength: 8 });

describe('deriveId', () => {
  it('answers 24 lower-case hexadecimal digits, the same for the same parts', () => {
    fc.assert(
      fc.property(fc.array(anything), (parts) => {
        expect(deriveId(...parts)).toMatch(/^[0-9a-f]{24}$/);
        expect(deriveId(...parts)).toHaveLength(EXECUTION_ID_LENGTH);
        expect(deriveId(...parts)).toBe(deriveId(...parts));
      }),
    );
  });

  it('tells any two lists of parts apart', () => {
    const parts = fc.array(identifier, { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(parts, parts, (some, others) => {
        expect(deriveId(...some) === deriveId(...others)).toBe(
          JSON.stringify(some) === JSON.stringify(others),
        );
      }),
      { numRuns: 5000 },
    );
  });

  it('tells the same characters apart when they are divided otherwise', () => {
    fc.assert(
      fc.property(identifier, identifier, fc.nat(24), (first, second, at) => {
        const joined = first + second;
        const other = [joined.slice(0, at), joined.slice(at)];
        fc.pre(other[0] !== first);
        expect(deriveId(first, second)).not.toBe(deriveId(...other));
        expect(deriveId(first, second)).not.toBe(deriveId(joined));
      }),
      { numRuns: 2000 },
    );
  });

  it('has not changed: executions of earlier builds keep their ids', () => {
    expect(deriveId('schedule', 'default', 'job', 'job.schedule', 1_700_000_000_000)).toBe(
      scheduledExecutionId('default', 'job', 'job.schedule', 1_700_000_000_000),
    );
    expect(deriveId('a', 'b')).toBe('4a3dec2d1f8245280855c42d');
  });
});

describe('ids of executions', () => {
  type Cause = readonly [kind: string, namespace: string, job: string, detail: string, number: number];
  const cause: fc.Arbitrary<Cause> = fc.tuple(
    fc.constantFrom('schedule', 'request', 'retry'),
    identifier,
    identifier,
    anything,
    fc.nat(3),
  );

  function idOf([kind, namespace, job, detail, number]: Cause): string {
    if (kind === 'request') return requestedExecutionId(namespace, job, detail);
    if (kind === 'retry') return retryExecutionId(namespace, job, number);
    return scheduledExecutionId(namespace, job, `${job}.schedule`, number);
  }

  /** The parts of a cause that matter to its kind. */
  function meaning([kind, namespace, job, detail, number]: Cause): string {
    return JSON.stringify([kind, namespace, job, kind === 'request' ? detail : number]);
  }

  it('differ exactly where their causes do, whatever an idempotency key holds', () => {
    fc.assert(
      fc.property(cause, cause, (one, other) => {
        expect(idOf(one) === idOf(other)).toBe(meaning(one) === meaning(other));
      }),
      { numRuns: 5000 },
    );
  });

  it('of the attempts of a chain are that of the first, and those of its retries', () => {
    const ids = [1, 2, 3].map((number) => attemptId('default', 'first', number));
    const retries = [2, 3].map((number) => retryExecutionId('default', 'first', number));
    expect(ids).toEqual(['first', ...retries]);
  });

  it('do not repeat over 200,000 causes of one job', () => {
    const ids = new Set<string>();
    for (let n = 0; n < 100_000; n++) {
      ids.add(scheduledExecutionId('default', 'job', 'job.schedule', 1_700_000_000_000 + n * 1000));
      ids.add(requestedExecutionId('default', 'job', String(n)));
    }
    expect(ids.size).toBe(200_000);
  });
});
