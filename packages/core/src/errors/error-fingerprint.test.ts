import { describe, expect, it } from '@jest/globals';

import { errorFingerprint } from './error-fingerprint.js';

const of = (error_message: string, more: { job_id?: string; error_code?: string } = {}): string =>
  errorFingerprint({ job_id: 'load', error_code: 'EXEC_004_OUTPUT_FAILED', error_message, ...more });

describe('errorFingerprint', () => {
  it.each([
    ['row 17 of 100 is bad', 'row 1234 of 7 is bad'],
    ['no file "a.csv"', 'no file "some other.csv"'],
    ["no key 'x'", "no key 'y z'"],
    ['execution 3f2a9c1e77d04b5a8e610c2d is gone', 'execution 0b1c9c1e77d04b5a8e610c2e is gone'],
    [
      'request 7d444840-9dc0-11d1-b245-5ffdce74fad2 failed',
      'request 0d444840-9dc0-11d1-b245-5ffdce74fad3 failed',
    ],
    ['late since 2026-01-01T00:00:00.000Z', 'late since 2027-12-31 23:59:59+01:00'],
    ['refused\n  at one line', 'refused\n  at another'],
  ])('is the same for %j and %j', (one, other) => {
    expect(of(one)).toBe(of(other));
  });

  it('differs by job, code and words', () => {
    const all = [
      of('refused'),
      of('reset'),
      of('refused', { job_id: 'other' }),
      of('refused', { error_code: 'EXEC_018_CONNECTION_FAILED' }),
    ];
    expect(new Set(all).size).toBe(all.length);
    expect(all[0]).toMatch(/^[0-9a-f]{12}$/);
  });

  it('takes a message of a megabyte in its stride', () => {
    expect(of('"'.repeat(1_000_000))).toHaveLength(12);
    expect(of('a1'.repeat(500_000))).toHaveLength(12);
  });
});
