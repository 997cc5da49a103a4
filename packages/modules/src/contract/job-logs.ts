import { z } from 'zod';
import { LOG_LEVELS } from './module-context.js';

/** What `GET /v1/jobs/{ref}/logs` may be asked. */
export const jobLogsQuerySchema = z.strictObject({
  after: z.coerce
    .number()
    .int()
    .nonnegative()
    .default(0)
    .describe('The sequence of the last line that is known.'),
});

/** Lines that a job wrote, oldest first; a module may keep only the latest. */
export const jobLogsSchema = z.object({
  lines: z
    .array(
      z.object({
        sequence: z.int().positive().describe('Grows from line to line of a job.'),
        level: z.enum(LOG_LEVELS).default('info'),
        message: z.string(),
      }),
    )
    .max(1000),
});
export type JobLogs = z.infer<typeof jobLogsSchema>;
