import type { ErrorCategory } from '../error-category.js';

export const ERROR_CODE_GROUPS = [
  'SCHEDULING',
  'DEPENDENCY',
  'EXECUTION',
  'RESOURCE',
  'STATE',
  'SKIP',
  'CANCELLATION',
  'API',
] as const;
/** Which part of Phi answers with a code (specification: Error Categories). */
export type ErrorCodeGroup = (typeof ERROR_CODE_GROUPS)[number];

export interface Row {
  readonly category: ErrorCodeGroup;
  /** How it counts where nothing configured says otherwise; null where nothing ran that could be repeated. */
  readonly error_category: ErrorCategory | null;
  readonly message: string;
  readonly what_to_do: string;
}

export function row(
  category: ErrorCodeGroup,
  error_category: ErrorCategory | null,
  message: string,
  what_to_do: string,
): Row {
  return { category, error_category, message, what_to_do };
}
