import { types } from 'node:util';
import { z } from 'zod';

/**
 * The codes that the built-in modules and the runner raise. Their category and what an operator should do about
 * each are in the error table of `@phi/core`.
 */
export const MODULE_ERROR_CODES = [
  'EXEC_001_INGESTION_FAILED',
  'EXEC_003_TRANSFORM_FAILED',
  'EXEC_004_OUTPUT_FAILED',
  'EXEC_005_INVALID_CONFIG',
  'EXEC_006_MODULE_FAILED',
  'EXEC_007_RESOURCE_EXHAUSTED',
  'EXEC_008_CANCELLED',
  'EXEC_016_MODULE_NOT_REGISTERED',
] as const;

/** An error as it crosses the process boundary: what is needed to classify, log and show it. */
export const errorReportSchema = z.object({
  code: z.string().min(1),
  message: z.string(),
  operation: z.string(),
  data: z.record(z.string(), z.string()),
  stack: z.string().optional(),
});
export type ErrorReport = z.infer<typeof errorReportSchema>;

export interface ModuleErrorDetails {
  /** What was being done, e.g. `alpha.ingest`. */
  readonly operation: string;
  readonly data?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** A failure of a module, with the code by which the retry policy classifies it (specification, Execution Errors). */
export class ModuleError extends Error {
  override readonly name = 'ModuleError';
  readonly operation: string;
  readonly data: Readonly<Record<string, string>>;

  constructor(
    readonly code: string,
    message: string,
    details: ModuleErrorDetails,
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.operation = details.operation;
    this.data = details.data ?? {};
  }
}

/** Anything with a code of ours is kept as it is, so that a handler may throw its own coded errors. */
const isCoded = (error: Error): error is Error & { code: string } =>
  'code' in error && typeof error.code === 'string' && /^[A-Z]+_\d{3}_[A-Z_]+$/.test(error.code);

/**
 * @param error whatever a module threw
 * @param operation what was being done when it was thrown
 */
export const reportError = (error: unknown, operation: string): ErrorReport => {
  if (!types.isNativeError(error)) {
    return { code: 'EXEC_006_MODULE_FAILED', message: String(error), operation, data: {} };
  }
  const stack = error.stack === undefined ? {} : { stack: error.stack };
  if (error instanceof ModuleError) {
    return { code: error.code, message: error.message, operation: error.operation, data: { ...error.data }, ...stack };
  }
  const code = isCoded(error) ? error.code : 'EXEC_006_MODULE_FAILED';
  return { code, message: error.message, operation, data: {}, ...stack };
};

/**
 * One line that names every wrong field of a module's parameters.
 *
 * @param prefix path of the value that was checked, e.g. `parameters.ALPHA`
 */
export const describeIssues = (prefix: string, error: z.ZodError): string =>
  error.issues.map((issue) => `${[prefix, ...issue.path.map(String)].join('.')}: ${issue.message}`).join('; ');
