import * as z from 'zod';
import { dateTime, derivedIdentifier, identifier } from './field-types.js';

/** Job scheduling failed due to configuration or system issues (specification: SchedulingError). */
export const schedulingErrorSchema = z.strictObject({
  job_id: identifier.describe('Job whose schedule failed.'),
  schedule_id: derivedIdentifier.describe('Schedule that failed.'),
  error_code: z.string().describe('Structured error code, e.g. SCHED_001_INVALID_CRON.'),
  error_message: z.string().describe('Human-readable error message.'),
  schedule_config: z.string().describe('Problematic configuration.'),
  detection_time: dateTime.describe('When it was detected.'),
});
export type SchedulingError = z.infer<typeof schedulingErrorSchema>;
