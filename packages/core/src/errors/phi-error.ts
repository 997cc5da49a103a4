export interface PhiErrorDetails {
  /** What was being done, e.g. `engine.trigger-job`. */
  readonly operation: string;
  readonly data?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** Something went wrong that no caller was expected to handle as a value. */
export class PhiError extends Error {
  override readonly name = 'PhiError';
  readonly operation: string;
  readonly data: Readonly<Record<string, unknown>>;

  /** @param code - of the table of error codes, or a module's own of the same form */
  constructor(
    readonly code: string,
    message: string,
    details: PhiErrorDetails,
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.operation = details.operation;
    this.data = details.data ?? {};
  }
}
