/** What kind of failure it was (specification: ExecutionError, error_category). */
export const ERROR_CATEGORIES = ['TRANSIENT', 'PERMANENT', 'TIMEOUT'] as const;
export type ErrorCategory = (typeof ERROR_CATEGORIES)[number];
