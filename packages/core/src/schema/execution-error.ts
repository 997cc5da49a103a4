import * as z from 'zod';
import { ERROR_CATEGORIES } from '../errors/error-category.js';
import { dateTime, generatedId, identifier } from './field-types.js';

/** A failure during job execution (specification: ExecutionError). */
export const executionErrorSchema = z.strictObject({
  execution_id: generatedId.describe('Execution that failed.'),
  job_id: identifier.describe('Its job.'),
  error_category: z.enum(ERROR_CATEGORIES).describe('TRANSIENT, PERMANENT or TIMEOUT.'),
  error_code: z.string().describe('Structured error code, e.g. EXEC_003_TRANSFORM_FAILED.'),
  error_message: z.string().describe('Human-readable error message.'),
  attempt_number: z.int().min(1).describe('Attempt that failed (1-based).'),
  will_retry: z.boolean().describe('Whether another attempt follows.'),
  next_retry_time: dateTime.nullable().describe('When it follows.'),
  stack_trace: z.string().nullable().describe('Where it failed.'),
  context: z.record(z.string(), z.string()).describe('What else is known.'),
});
export type ExecutionError = z.infer<typeof executionErrorSchema>;
