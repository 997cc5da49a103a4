import * as z from 'zod';
import { authored } from './authored.js';

const concurrencyFields = {
  skip_if_running: z
    .boolean()
    .describe(
      'Skip an execution while another of the job is open, however it was triggered (Rule 3). Default: false.',
    ),
  queue_if_running: z.boolean().describe('Queue it behind the open one instead (Rule 3). Default: false.'),
  max_running: z
    .int()
    .min(1)
    .max(10_000)
    .nullable()
    .describe('At most so many executions of the job at once. Default: no limit.'),
};

/** How many executions of one job may be open at once, for every kind of trigger (specification: Rule 3). */
export const concurrencySchema = z.strictObject(concurrencyFields);
export type Concurrency = z.infer<typeof concurrencySchema>;

export const authoredConcurrencySchema = authored(concurrencyFields, []);
export type AuthoredConcurrency = z.infer<typeof authoredConcurrencySchema>;
