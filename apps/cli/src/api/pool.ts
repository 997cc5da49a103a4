import * as z from 'zod';

const amounts = z.looseObject({
  cpu_cores: z.number().nullable(),
  memory_mb: z.number().nullable(),
  disk_mb: z.number().nullable(),
  network_bandwidth_mbps: z.number().nullable(),
});
export type Amounts = z.infer<typeof amounts>;

/** One pool of GET /v1/pools. */
export const poolSchema = z.looseObject({
  name: z.string(),
  pool_concurrency_limit: z.number().nullable(),
  ...amounts.shape,
  paused: z.boolean(),
  dedicated: z.boolean(),
  held: z.number().nullable(),
  reserved: amounts.nullable(),
  waiting: z.number(),
  executors: z.array(z.string()),
  named_by: z.array(z.string()),
});
export type Pool = z.infer<typeof poolSchema>;

/** GET /v1/pools/{name}. */
export const poolDetailSchema = poolSchema.extend({
  holders: z.array(z.string()),
  queue: z.array(
    z.looseObject({
      job_id: z.string(),
      waiting: z.number(),
      execution_id: z.string(),
      request: amounts.nullable(),
      parked_on: z.string().nullable(),
      is_unplaceable: z.boolean(),
    }),
  ),
  jobs: z.array(z.string()),
});
export type PoolDetail = z.infer<typeof poolDetailSchema>;
