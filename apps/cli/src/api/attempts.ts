import * as z from 'zod';

const time = z.string().nullable();

/** GET /v1/executions/{id}/attempts. */
export const attemptsSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      execution_id: z.string(),
      attempt_number: z.number(),
      status: z.string(),
      error_category: z.string().nullable(),
      error_code: z.string().nullable(),
      delay_seconds: z.number().nullable(),
      started_time: time,
      completed_time: time,
      executor_id: z.string().nullable(),
    }),
  ),
  next_retry_time: time,
  rerun_by: z.string().nullable(),
});
export type Attempts = z.infer<typeof attemptsSchema>;

const changes = z.array(
  z.looseObject({ field: z.string(), before: z.unknown().optional(), after: z.unknown().optional() }),
);

/** GET /v1/executions/{id}/compare. */
export const comparisonSchema = z.looseObject({
  execution_id: z.string(),
  with_execution_id: z.string(),
  chosen: z.string(),
  definition: z.looseObject({ before: z.number(), after: z.number(), changes }),
  parameters: changes,
  upstreams: changes,
  outcome: changes,
});
export type Comparison = z.infer<typeof comparisonSchema>;
