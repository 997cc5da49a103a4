import { z } from 'zod';

/** Who asks: the same in every stage request (specification, Module Alpha Integration). */
export const executionContextSchema = z.object({
  execution_id: z.string().min(1),
  job_id: z.string().min(1),
  run_id: z.string().min(1),
  attempt_number: z.number().int().min(1),
});
export type ExecutionContext = z.infer<typeof executionContextSchema>;
