import { z } from 'zod';
import { stageResultSchema } from './stage-result.js';

export const JOB_STATES = ['ACCEPTED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export const jobStateSchema = z.enum(JOB_STATES);
export type JobState = z.infer<typeof jobStateSchema>;

/** Whether a job does not run any more and never will again. */
export const hasEnded = (state: JobState): boolean =>
  state === 'SUCCEEDED' || state === 'FAILED' || state === 'CANCELLED';

/** A reference that is a segment of a path as it is. */
export const jobRefSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._~:-]{0,255}$/,
    'expected 1 to 256 of A-Z a-z 0-9 . _ ~ : -, a letter or digit first',
  );

export const jobErrorSchema = z.object({
  code: z.string().min(1).max(128).describe('One of Phi’s error codes, or one of the module’s own.'),
  message: z.string().max(16_384),
  category: z
    .enum(['TRANSIENT', 'PERMANENT', 'TIMEOUT'])
    .default('PERMANENT')
    .describe('Decides about another attempt where Phi does not know the code.'),
});
export type JobError = z.infer<typeof jobErrorSchema>;

/** What identifies a job and its state: enough for a list, and for an answer to POST and DELETE. */
export const jobSummarySchema = z.object({
  ref: jobRefSchema,
  idempotency_key: z.string().min(1).describe('The Idempotency-Key that the job was submitted under.'),
  state: jobStateSchema,
  sequence: z
    .int()
    .nonnegative()
    .describe('Grows with every change of the job: an answer with a lower one than was seen is old.'),
});
export type JobSummary = z.infer<typeof jobSummarySchema>;

export const jobProgressSchema = z.object({
  records: z.int().nonnegative(),
  total: z.int().nonnegative().optional(),
  message: z.string().max(1024).optional(),
});

/**
 * What `GET /v1/jobs/{ref}` and a callback say of a job. SUCCEEDED needs the counts of a stage's result; FAILED needs `error`
 * (specification, Module Alpha, Beta and Gamma Integration: Status Monitoring, Delivery Tracking).
 */
export const jobStatusSchema = jobSummarySchema.extend({
  progress: jobProgressSchema.optional(),
  ...stageResultSchema.partial({ records_processed: true, records_failed: true }).shape,
  published: z.array(z.string().min(1)).default([]).describe('Datasets that are there already (DATA_READY).'),
  checkpoint: z
    .string()
    .optional()
    .describe('State that the next job for this stage is given, if there is one.'),
  error: jobErrorSchema.optional(),
});
export type JobStatus = z.infer<typeof jobStatusSchema>;
/** What a module may answer: what has a default can be left out. */
export type JobStatusInput = z.input<typeof jobStatusSchema>;
