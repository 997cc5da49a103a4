import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_CONFIG } from '../config/parameters.js';
import { retryableErrorClassification } from '../rules/10-retryable-error-classification.js';
import { ERROR_CODES, errorName, matchesErrorCode } from './error-codes.js';
import { renderErrorsDoc } from './render-errors-doc.js';

describe('error codes', () => {
  it('stand in docs/errors.md as in the table', () => {
    expect(readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8')).toBe(
      renderErrorsDoc(),
    );
  });

  it('have a number of their own in their group, and a name of their own but for time-outs', () => {
    const numbers = ERROR_CODES.map(({ code }) => code.split('_').slice(0, 2).join('_'));
    expect(new Set(numbers).size).toBe(ERROR_CODES.length);
    const names = ERROR_CODES.map(({ code }) => errorName(code)).filter((name) => name !== 'TIMEOUT');
    expect(new Set(names).size).toBe(names.length);
  });

  it.each(ERROR_CODES.filter(({ category }) => category === 'EXECUTION'))(
    '$code is $error_category by default',
    ({ code, error_category }) => {
      // Repeated whatever its code: it has a budget of its own.
      if (code === 'EXEC_012_EXECUTOR_LOST') return;
      const { category } = retryableErrorClassification(code, {
        retryable_errors: [],
        non_retryable_errors: [],
        transient_codes: DEFAULT_CONFIG.TRANSIENT_ERROR_CODES,
        permanent_codes: DEFAULT_CONFIG.PERMANENT_ERROR_CODES,
        default_category: DEFAULT_CONFIG.DEFAULT_ERROR_CATEGORY,
      });
      expect(category).toBe(error_category);
    },
  );

  it.each([
    ['TIMEOUT', 'EXEC_011_TIMEOUT', true],
    ['TIMEOUT', 'DEP_003_TIMEOUT', true],
    ['TIMEOUT', 'EXEC_021_QUEUE_TIMEOUT', true],
    ['EXEC_011_TIMEOUT', 'EXEC_011_TIMEOUT', true],
    ['EXEC_011_TIMEOUT', 'EXEC_099_EXEC_011_TIMEOUT', false],
    ['DEP_003_TIMEOUT', 'EXEC_011_TIMEOUT', false],
    ['OUT', 'EXEC_011_TIMEOUT', false],
    ['TIMEOUT', 'EXEC_011_TIMEOUT_LATE', false],
    ['TIMEOUT', 'TIMEOUT', true],
    ['', 'EXEC_011_TIMEOUT', false],
  ])('%s matches %s: %s', (pattern, code, matches) => {
    expect(matchesErrorCode(pattern, code)).toBe(matches);
  });
});
