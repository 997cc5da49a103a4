import * as z from 'zod';

const about = {
  outcome: z.string(),
  reason: z.string().nullish(),
  detail: z.string().nullish(),
};

/** One fire time of GET /v1/schedules/{schedule_id}/ticks. */
export const tickSchema = z.looseObject({
  nominal_time: z.string(),
  execution_id: z.string().nullish(),
  ...about,
});
export type Tick = z.infer<typeof tickSchema>;

/** Fire times in a row that came to the same: the same with `compact`. */
export const tickRunSchema = z.looseObject({
  first_time: z.string(),
  last_time: z.string(),
  count: z.number(),
  ...about,
});
export type TickRun = z.infer<typeof tickRunSchema>;
