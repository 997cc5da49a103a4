import * as z from 'zod';

/** GET /v1/limits. */
export const limitsSchema = z.looseObject({
  limits: z.record(z.string(), z.number()),
  held: z.record(z.string(), z.number()),
  enforcement_mode: z.string(),
});
export type Limits = z.infer<typeof limitsSchema>;
