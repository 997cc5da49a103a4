import { z } from 'zod';
import { jobStateSchema, jobSummarySchema } from './job-status.js';

/** What `GET /v1/jobs` may be asked; all given must hold. */
export const jobQuerySchema = z.strictObject({
  idempotency_key: z.string().min(1).optional(),
  prefix: z
    .string()
    .min(1)
    .optional()
    .describe('Jobs whose Idempotency-Key begins so; a chain’s begin with its id and "/".'),
  state: jobStateSchema.optional(),
  after: z.string().min(1).optional().describe('The `next` of the page before.'),
});

export const jobListSchema = z.object({
  jobs: z.array(jobSummarySchema).max(1000),
  next: z.string().min(1).optional().describe('There if there are more.'),
});
export type JobList = z.infer<typeof jobListSchema>;
