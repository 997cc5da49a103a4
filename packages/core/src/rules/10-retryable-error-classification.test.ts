import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { DEFAULT_CONFIG } from '../config/index.js';
import { ERROR_CATEGORIES } from '../errors/error-category.js';
import { ERROR_CODES, errorName } from '../errors/index.js';
import {
  retryableErrorClassification,
  type ClassificationRules,
} from './10-retryable-error-classification.js';

const BY_DEFAULT: ClassificationRules = {
  retryable_errors: [],
  non_retryable_errors: [],
  transient_codes: DEFAULT_CONFIG.TRANSIENT_ERROR_CODES,
  permanent_codes: DEFAULT_CONFIG.PERMANENT_ERROR_CODES,
  default_category: DEFAULT_CONFIG.DEFAULT_ERROR_CATEGORY,
};

const codes = fc.constantFrom(...ERROR_CODES.map(({ code }) => code));
const patterns = fc.array(
  codes.chain((code) => fc.constantFrom<string>(code, errorName(code))),
  { maxLength: 4 },
);
const rules: fc.Arbitrary<ClassificationRules> = fc.record({
  retryable_errors: patterns,
  non_retryable_errors: patterns,
  transient_codes: patterns,
  permanent_codes: patterns,
  default_category: fc.constantFrom(...ERROR_CATEGORIES),
});

describe('retryableErrorClassification', () => {
  it.each([
    ['EXEC_018_CONNECTION_FAILED', 'TRANSIENT', true],
    ['EXEC_019_RATE_LIMITED', 'TRANSIENT', true],
    ['EXEC_011_TIMEOUT', 'TIMEOUT', true],
    ['EXEC_005_INVALID_CONFIG', 'PERMANENT', false],
    ['EXEC_020_PERMISSION_DENIED', 'PERMANENT', false],
    ['EXEC_003_TRANSFORM_FAILED', 'PERMANENT', false],
    ['MY_OWN_CODE', 'PERMANENT', false],
  ])('by default %s is %s', (code, category, retryable) => {
    expect(retryableErrorClassification(code, BY_DEFAULT)).toEqual({ category, retryable });
  });

  it('asks in order: what is excluded, what is listed, transient codes, permanent codes, the default', () => {
    const among = (list: readonly string[], code: string): boolean =>
      list.some(
        (pattern) => pattern === code || (pattern === errorName(pattern) && code.endsWith(`_${pattern}`)),
      );
    fc.assert(
      fc.property(codes, rules, (code, drawn) => {
        const expected = among(drawn.non_retryable_errors, code)
          ? false
          : drawn.retryable_errors.length > 0
            ? among(drawn.retryable_errors, code)
            : among(drawn.transient_codes, code)
              ? true
              : among(drawn.permanent_codes, code)
                ? false
                : drawn.default_category !== 'PERMANENT';
        expect(retryableErrorClassification(code, drawn).retryable).toBe(expected);
      }),
      { numRuns: 3000 },
    );
  });

  it('does not retry a time-out that the configuration calls permanent', () => {
    const strict = { ...BY_DEFAULT, transient_codes: [], permanent_codes: ['TIMEOUT'] };
    expect(retryableErrorClassification('EXEC_011_TIMEOUT', strict).retryable).toBe(false);
    expect(
      retryableErrorClassification('EXEC_011_TIMEOUT', { ...strict, permanent_codes: [] }).retryable,
    ).toBe(false);
  });

  it('lets a whole code mean that code alone, and a name every code that ends in it', () => {
    const listed = (retryable_errors: readonly string[]): ClassificationRules => ({
      ...BY_DEFAULT,
      retryable_errors,
    });
    expect(
      retryableErrorClassification('EXEC_021_QUEUE_TIMEOUT', listed(['EXEC_011_TIMEOUT'])).retryable,
    ).toBe(false);
    expect(retryableErrorClassification('EXEC_021_QUEUE_TIMEOUT', listed(['TIMEOUT'])).retryable).toBe(true);
    expect(retryableErrorClassification('EXEC_021_QUEUE_TIMEOUT', listed(['IMEOUT'])).retryable).toBe(false);
  });
});
