import * as z from 'zod';

export const SCHEDULE_STATES = ['ACTIVE', 'PAUSED', 'INVALID', 'DISABLED', 'ENDED'] as const;

/** A schedule as it stands: one of GET /v1/schedules. */
export const scheduleSchema = z.looseObject({
  schedule_id: z.string(),
  job_id: z.string(),
  expression: z.string(),
  timezone: z.string(),
  state: z.string(),
  next_time: z.string().nullable(),
  last_time: z.string().nullable(),
  counts: z.record(z.string(), z.number()),
  held: z.string().nullish(),
  invalid: z.string().nullish(),
  hole: z.string().nullish(),
});
export type Schedule = z.infer<typeof scheduleSchema>;
