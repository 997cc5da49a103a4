export const STORE_ERROR_CODES = [
  'RECORD_DAMAGED',
  'UPGRADE_REQUIRED',
  'SCRIPT_FAILED',
  'UNEXPECTED_REPLY',
] as const;
export type StoreErrorCode = (typeof STORE_ERROR_CODES)[number];

/** Something that the store cannot answer for; refusals of a script are values, not errors. */
export class PhiStoreError extends Error {
  constructor(
    readonly code: StoreErrorCode,
    readonly operation: string,
    readonly data: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(`${operation}: ${code} ${JSON.stringify(data)}`, { cause });
    this.name = 'PhiStoreError';
  }
}
