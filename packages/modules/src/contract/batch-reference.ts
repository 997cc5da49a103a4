import { z } from 'zod';

/**
 * Where a stage takes a batch from: an upstream job of the same run, or an earlier stage of the same execution
 * (COMPOSITE). `output` is the name under which that one published it.
 */
export const batchReferenceSchema = z.union(
  [
    z.strictObject({ job: z.string().min(1), output: z.string().min(1).default('batch') }),
    z.strictObject({ stage: z.string().min(1), output: z.string().min(1).default('batch') }),
  ],
  { error: 'expected {job: <job_id>, output: <name>} or {stage: <module>, output: <name>}' },
);
export type BatchReference = z.infer<typeof batchReferenceSchema>;
