import * as z from 'zod';

/** One executor process of GET /v1/executors. */
export const executorSchema = z.looseObject({
  executor_id: z.string(),
  places: z.number(),
  running: z.number(),
  pools: z.array(z.string()),
  lease_expires: z.string(),
});
export type Executor = z.infer<typeof executorSchema>;
