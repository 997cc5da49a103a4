import * as z from 'zod';
import { ERROR_CATEGORIES } from '../errors/error-category.js';

/** What is known of a failure beside its ExecutionResult (specification: ExecutionError). */
export const failureDetailSchema = z.strictObject({
  error_category: z.enum(ERROR_CATEGORIES),
  stack_trace: z.string().optional(),
  context: z.record(z.string(), z.string()).optional(),
});
export type FailureDetail = z.infer<typeof failureDetailSchema>;
