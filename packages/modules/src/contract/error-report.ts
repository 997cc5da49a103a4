import { types } from 'node:util';
import { PhiError } from '@phi/core';
import { z } from 'zod';

/** An error as it crosses the process boundary: what is needed to classify, log and show it. */
export const errorReportSchema = z.object({
  code: z.string().min(1),
  message: z.string(),
  operation: z.string(),
  data: z.record(z.string(), z.string()),
  stack: z.string().optional(),
});
export type ErrorReport = z.infer<typeof errorReportSchema>;

/** Anything with a code of ours is kept as it is, so that a handler may throw its own coded errors. */
const isCoded = (error: Error): error is Error & { code: string } =>
  'code' in error && typeof error.code === 'string' && /^[A-Z]+_\d{3}_[A-Z_]+$/.test(error.code);

const textual = (data: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : String(JSON.stringify(value)),
    ]),
  );

/**
 * @param error whatever a module threw
 * @param operation what was being done when it was thrown
 */
export const reportError = (error: unknown, operation: string): ErrorReport => {
  if (!types.isNativeError(error)) {
    return { code: 'EXEC_006_MODULE_FAILED', message: String(error), operation, data: {} };
  }
  const stack = error.stack === undefined ? {} : { stack: error.stack };
  if (error instanceof PhiError) {
    return {
      code: error.code,
      message: error.message,
      operation: error.operation,
      data: textual(error.data),
      ...stack,
    };
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
  error.issues
    .map((issue) => `${[prefix, ...issue.path.map(String)].join('.')}: ${issue.message}`)
    .join('; ');
