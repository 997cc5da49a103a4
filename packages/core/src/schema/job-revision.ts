import * as z from 'zod';
import { dateTime, text } from './field-types.js';
import { jobDefinitionSchema } from './job-definition.js';

/** One registered version of a job: what was applied, by whom, when and why (specification: Change Management). */
export const jobRevisionSchema = z.strictObject({
  revision: z.int().min(1).describe('Counts the changes of the job, from 1.'),
  definition: jobDefinitionSchema.describe('The definition, everything filled in.'),
  author: text(256).describe('Who changed it.'),
  changed_time: dateTime.describe('When.'),
  reason: text(4096).nullable().describe('Why.'),
});
export type JobRevision = z.infer<typeof jobRevisionSchema>;
