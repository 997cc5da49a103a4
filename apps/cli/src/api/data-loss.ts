import * as z from 'zod';

/** GET /v1/data-losses. */
export const dataLossesSchema = z.looseObject({
  items: z.array(z.looseObject({ message: z.string(), found_time: z.string(), found_by: z.string() })),
});
export type DataLosses = z.infer<typeof dataLossesSchema>;
