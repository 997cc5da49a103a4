import * as z from 'zod';

const time = z.string().nullish();

/** One job of GET /v1/jobs. */
export const jobSummarySchema = z.looseObject({
  job_id: z.string(),
  job_type: z.string(),
  enabled: z.boolean(),
  revision: z.number(),
  schedule: z.looseObject({ expression: z.string().nullish(), next_time: time }).nullable(),
  dependencies: z.array(z.string()),
});
export type JobSummary = z.infer<typeof jobSummarySchema>;

/** GET /v1/jobs/{job_id}: a definition as registered. */
export const registeredJobSchema = z.looseObject({
  job_id: z.string(),
  revision: z.number(),
  author: z.string(),
  time: z.string(),
  reason: z.string().nullish(),
  definition: z.looseObject({}),
  schedule: z.looseObject({ schedule_id: z.string(), next_time: time, last_time: time }).nullable(),
  window: z.looseObject({ open: z.boolean(), opens: time, closes: time }).nullish(),
});
export type RegisteredJob = z.infer<typeof registeredJobSchema>;
