import * as z from 'zod';

import { executionSchema } from './execution.js';

/** One pass of a pipeline, as GET /v1/runs lists it. */
export const runSchema = z.looseObject({
  run_id: z.string(),
  job_id: z.string(),
  trigger_type: z.string(),
  status: z.string(),
  created_time: z.string(),
  finished_time: z.string().nullable(),
});
export type Run = z.infer<typeof runSchema>;

/** GET /v1/runs/{run_id}: the run with everything that ran in it. */
export const runDetailSchema = runSchema.extend({ executions: z.array(executionSchema) });
export type RunDetail = z.infer<typeof runDetailSchema>;
