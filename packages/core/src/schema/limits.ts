import * as z from 'zod';
import { authored } from './authored.js';
import { JOB_TYPES } from './job-definition.js';

/** QUEUE holds what exceeds the global limit; REJECT refuses it at intake. */
export const ENFORCEMENT_MODES = ['QUEUE', 'REJECT'] as const;
export type EnforcementMode = (typeof ENFORCEMENT_MODES)[number];

/** `global_max_concurrent` where nobody has set it (Rule 7). */
export const DEFAULT_GLOBAL_MAX_CONCURRENT = 50;

const limitsFields = {
  global_max_concurrent: z
    .int()
    .min(1)
    .max(100_000)
    .describe('At most so many executions of the namespace at once (Rule 7). Default: 50.'),
  enforcement_mode: z
    .enum(ENFORCEMENT_MODES)
    .describe('Whether excess is queued or rejected (Rule 7). Default: QUEUE.'),
  job_types: z
    .partialRecord(z.enum(JOB_TYPES), z.int().min(1).max(100_000).nullable())
    .describe(
      'At most so many executions of a job type at once; null takes a limit away. Default: no limit.',
    ),
};

/** Limits of a namespace (specification: Rule 7; Parallelism Control). */
export const limitsSchema = z.strictObject(limitsFields);
export type Limits = z.infer<typeof limitsSchema>;

export const authoredLimitsSchema = authored(limitsFields, []);
export type AuthoredLimits = z.infer<typeof authoredLimitsSchema>;
