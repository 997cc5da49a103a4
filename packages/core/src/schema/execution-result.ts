import * as z from 'zod';
import { count } from './field-types.js';

export const RESULT_STATUSES = ['SUCCESS', 'FAILED', 'TIMEOUT', 'CANCELLED'] as const;
export type ResultStatus = (typeof RESULT_STATUSES)[number];

/** Captures execution outcome details (specification: ExecutionResult). */
export const executionResultSchema = z.strictObject({
  status: z.enum(RESULT_STATUSES).describe('SUCCESS, FAILED, TIMEOUT or CANCELLED.'),
  exit_code: z.int().nullable().describe('Numeric exit code, where a process ran.'),
  error_code: z.string().nullable().describe('Structured error code.'),
  error_message: z.string().nullable().describe('Human-readable error message.'),
  records_processed: count.describe('Records handled.'),
  records_failed: count.describe('Records that failed.'),
  duration_seconds: z.number().min(0).describe('Execution duration, in seconds.'),
  metrics: z.record(z.string(), z.number()).describe('Custom execution metrics.'),
  outputs: z.record(z.string(), z.string()).describe('Output references for downstream.'),
});
export type ExecutionResult = z.infer<typeof executionResultSchema>;
