import * as z from 'zod';

/** GET /v1/errors. */
export const errorQueuesSchema = z.looseObject({
  items: z.array(
    z.looseObject({
      queue: z.string(),
      entries: z.number(),
      dropped: z.number(),
      capacity: z.number(),
      retention_hours: z.number(),
    }),
  ),
});
export type ErrorQueuesAnswer = z.infer<typeof errorQueuesSchema>;

/** An entry, as `GET /v1/errors/{queue}` shows it. */
export const errorEntrySchema = z.looseObject({
  id: z.string(),
  time: z.string(),
  error_code: z.string(),
  error: z.looseObject({
    job_id: z.string().optional(),
    error_message: z.string().optional(),
    resolution_hint: z.string().optional(),
  }),
});
export type ErrorEntryAnswer = z.infer<typeof errorEntrySchema>;
