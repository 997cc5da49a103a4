import * as z from 'zod';

/** GET /v1/schedules/{schedule_id}/preview: the next times of a registered schedule. */
export const schedulePreviewSchema = z.looseObject({
  schedule_id: z.string(),
  job_id: z.string(),
  timezone: z.string(),
  next: z.array(z.string()),
  notes: z.array(z.looseObject({ time: z.string(), note: z.string() })).optional(),
});
export type SchedulePreview = z.infer<typeof schedulePreviewSchema>;
