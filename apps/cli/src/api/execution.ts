import * as z from 'zod';

const time = z.string().nullable();

/** An Execution (specification: Execution): what the CLI shows of it; the rest is passed on. */
export const executionSchema = z.looseObject({
  execution_id: z.string(),
  job_id: z.string(),
  status: z.string(),
  trigger_type: z.string(),
  trigger_id: z.string(),
  scheduled_time: time,
  queued_time: time,
  started_time: time,
  completed_time: time,
  attempt_number: z.number(),
  parent_execution_id: z.string().nullable(),
  retried_by: z.string().nullish(),
  run_id: z.string(),
  timeout_error: z
    .looseObject({
      timeout_seconds: z.number(),
      elapsed_seconds: z.number(),
      last_heartbeat: time,
      checkpoint_available: z.boolean(),
      termination_method: z.string(),
    })
    .nullish(),
  last_heartbeat: time.optional(),
  stage: z.string().nullish(),
  records_processed: z.number().nullish(),
  hold: z
    .looseObject({ by: z.string(), until: z.string().nullish(), behind: z.string().nullish() })
    .nullish(),
  result: z
    .looseObject({
      status: z.string(),
      error_code: z.string().nullish(),
      error_message: z.string().nullish(),
      records_processed: z.number().nullish(),
      records_failed: z.number().nullish(),
      outputs: z.record(z.string(), z.string()).nullish(),
    })
    .nullable(),
});
export type Execution = z.infer<typeof executionSchema>;

/** GET /v1/executions/{id}: the Execution with everything that happened to it. */
export const executionDetailSchema = executionSchema.extend({
  checkpoint: z
    .looseObject({ sequence: z.number(), stage: z.string().nullable(), time, bytes: z.number().nullable() })
    .nullish(),
  history: z.array(
    z.looseObject({
      time: z.string(),
      event: z.string(),
      actor: z.string().nullish(),
      detail: z.string().nullish(),
    }),
  ),
});
export type ExecutionDetail = z.infer<typeof executionDetailSchema>;
