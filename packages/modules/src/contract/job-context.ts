import { z } from 'zod';
import { executionContextSchema } from './execution-context.js';

/** Who asks for a job of a remote module, and within what bounds (specification, Module Alpha Integration: execution context). */
export const jobContextSchema = executionContextSchema.extend({
  chain_id: z
    .string()
    .min(1)
    .describe(
      'The first attempt’s id: what is to happen once however often it is attempted is kept under it.',
    ),
  fence: z
    .int()
    .nonnegative()
    .describe('Grows with every attempt of the chain: what has seen a higher one may refuse a lower one.'),
  stage: z.string().min(1).describe('The module’s name in pipeline_modules.'),
  timeout_seconds: z
    .number()
    .positive()
    .optional()
    .describe(
      'How long the attempt may take in all; Phi cancels the job when it has passed. Two clocks need not agree on it.',
    ),
});
export type JobContext = z.infer<typeof jobContextSchema>;
