import type { Row } from './codes/row.js';
import { API_CODES } from './codes/api-codes.js';
import { CANCELLATION_CODES } from './codes/cancellation-codes.js';
import { DEPENDENCY_CODES } from './codes/dependency-codes.js';
import { EXECUTION_CODES } from './codes/execution-codes.js';
import { RESOURCE_CODES } from './codes/resource-codes.js';
import { SCHEDULING_CODES } from './codes/scheduling-codes.js';
import { SKIP_CODES } from './codes/skip-codes.js';
import { STATE_CODES } from './codes/state-codes.js';

export { ERROR_CODE_GROUPS, type ErrorCodeGroup } from './codes/row.js';

/** Every code that Phi answers with. A code keeps its meaning for good; its number is unique in its group. */
const ROWS = {
  ...SCHEDULING_CODES,
  ...DEPENDENCY_CODES,
  ...EXECUTION_CODES,
  ...RESOURCE_CODES,
  ...STATE_CODES,
  ...SKIP_CODES,
  ...CANCELLATION_CODES,
  ...API_CODES,
} as const satisfies Record<string, Row>;

export type ErrorCode = keyof typeof ROWS;

export interface ErrorCodeEntry extends Row {
  readonly code: ErrorCode;
}

/** The table of error codes; `docs/errors.md` is written from it. */
export const ERROR_CODES: readonly ErrorCodeEntry[] = Object.entries(ROWS).map(([code, entry]) => ({
  code: code as ErrorCode,
  ...entry,
}));

/** What a code means, or nothing for a code that is not Phi's. */
export function findErrorCode(code: string): ErrorCodeEntry | undefined {
  return ERROR_CODES.find((entry) => entry.code === code);
}

/** A code without its group and number: TIMEOUT for EXEC_011_TIMEOUT. */
export function errorName(code: string): string {
  return code.replace(/^[A-Z]+_\d{3}_/, '');
}

/**
 * Whether a code of a policy or of the configuration means a code that occurred (specification: Rule 10).
 * A name without a number matches every code that ends in it.
 *
 * @param pattern - a whole code (EXEC_011_TIMEOUT) or a name alone (TIMEOUT)
 */
export function matchesErrorCode(pattern: string, code: string): boolean {
  return (
    pattern === code || (pattern !== '' && errorName(pattern) === pattern && code.endsWith(`_${pattern}`))
  );
}
