import { executionErrorSchema } from '@phi/core';
import * as z from 'zod';

export const deadLetterSchema = executionErrorSchema.extend({
  run_id: z.string(),
  fingerprint: z.string().describe('The same for dead letters of one kind of failure.'),
  failed_time: z.string(),
});

export const fingerprint = z
  .string()
  .regex(/^[0-9a-f]{12}$/, { error: 'is not a fingerprint' })
  .describe('Only those of one kind of failure; see the groups.');
