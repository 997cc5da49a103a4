import { authoredJobDefinitionSchema, authoredLimitsSchema, authoredPoolSchema } from '@phi/core';
import * as z from 'zod';

/** A set of definitions as its authors wrote them. */
export const definitionsBody = z.strictObject({
  jobs: z.array(authoredJobDefinitionSchema).max(100_000).describe('Job definitions.'),
  pools: z.array(authoredPoolSchema).max(10_000).optional().describe('Resource pools.'),
  limits: authoredLimitsSchema.optional().describe('Limits of the namespace.'),
  reason: z.string().max(4096).optional().describe('Why, for the history of the jobs.'),
});
export type DefinitionsBody = z.infer<typeof definitionsBody>;
