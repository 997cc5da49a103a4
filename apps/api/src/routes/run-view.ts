import { dateTime, RUN_STATUSES, TRIGGER_TYPES } from '@phi/core';
import * as z from 'zod';

/** One pass of a pipeline: everything that one root execution started. */
export const runSchema = z.strictObject({
  run_id: z.string(),
  job_id: z.string().describe('The job that started it.'),
  trigger_type: z.string().describe(`${TRIGGER_TYPES.join(', ')}.`),
  status: z.string().describe(`${RUN_STATUSES.join(', ')}.`),
  created_time: dateTime,
  finished_time: dateTime.nullable(),
});
