import * as z from 'zod';

const damagedRecordSchema = z.looseObject({
  kind: z.string(),
  id: z.string(),
  time: z.string(),
  size: z.int(),
});

/** GET /v1/damaged-records. */
export const damagedRecordsSchema = z.looseObject({ items: z.array(damagedRecordSchema) });

/** GET /v1/damaged-records/{id}. */
export const damagedBytesSchema = z.looseObject({
  items: z.array(damagedRecordSchema.extend({ bytes: z.string() })),
});
