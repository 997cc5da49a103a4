import * as z from 'zod';

/** A dead letter, as `GET /v1/dead-letters` shows it. */
export const deadLetterSchema = z.looseObject({
  execution_id: z.string(),
  run_id: z.string(),
  job_id: z.string(),
  error_category: z.string(),
  error_code: z.string(),
  error_message: z.string(),
  attempt_number: z.number(),
  stack_trace: z.string().nullable(),
  context: z.record(z.string(), z.string()),
  fingerprint: z.string(),
  failed_time: z.string(),
});
export type DeadLetterAnswer = z.infer<typeof deadLetterSchema>;

export const deadLetterGroupsSchema = z.looseObject({
  items: z.array(z.looseObject({ fingerprint: z.string(), count: z.number(), latest: deadLetterSchema })),
  dropped: z.number(),
});
export type DeadLetterGroups = z.infer<typeof deadLetterGroupsSchema>;
