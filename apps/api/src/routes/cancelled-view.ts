import * as z from 'zod';

/** What a cancellation did to an execution. */
export const cancelledSchema = z.strictObject({
  execution_id: z.string().describe('The attempt that was cancelled: the latest of its chain.'),
  status: z.enum(['CANCELLED', 'RUNNING']).describe('RUNNING: it was asked to stop.'),
});

export const cancelReason = z
  .string()
  .min(1)
  .max(1024)
  .optional()
  .describe('Why, in words; stands in the history.');
