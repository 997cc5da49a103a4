import { dependencyGraphSchema, problemSchema } from '@phi/core';
import { JOB_CHANGES } from '@phi/engine';
import * as z from 'zod';

export const jobChangeSchema = z.strictObject({
  job_id: z.string(),
  change: z.enum(JOB_CHANGES),
  revision: z.int().describe('The revision that stands after the change.'),
});

/** What a set of definitions changed, or would change. */
export const applyAnswerSchema = z.strictObject({
  dry_run: z.boolean(),
  changes: z.array(jobChangeSchema),
  graph: dependencyGraphSchema.describe('All jobs of the namespace, as they stand after it.'),
  warnings: z.array(problemSchema),
});
export type ApplyAnswer = z.infer<typeof applyAnswerSchema>;
