import * as z from 'zod';

const count = z.number();

const fsckFindingSchema = z.looseObject({
  invariant: z.number(),
  code: z.string(),
  subject: z.looseObject({ kind: z.string(), id: z.string() }),
  detail: z.string(),
  repaired: z.boolean(),
  advice: z.string(),
});

export const fsckSliceSchema = z.looseObject({
  invariants: z.array(
    z.looseObject({
      invariant: z.number(),
      title: z.string(),
      checked: count,
      findings: count,
      repaired: count,
    }),
  ),
  findings: z.array(fsckFindingSchema),
  repeated: z.looseObject({ lost: count, handed_over: count }),
  unchecked: count,
  next_cursor: z.string().optional(),
});
export type FsckSlice = z.infer<typeof fsckSliceSchema>;
