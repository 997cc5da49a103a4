import { z } from 'zod';
import { batchReferenceSchema } from './batch-reference.js';

const viewName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]*$/i, 'expected a name of letters, digits and _, not starting with a digit');

/** The part of a transformation request that the job's author writes, as `parameters.BETA`. */
export const transformationParametersSchema = z.strictObject({
  profile: z.strictObject({
    /** One SELECT (DuckDB's SQL) over the views that `inputs` names. */
    sql: z.string().trim().min(1),
  }),
  /** View name → batch. Default: one view `input`, the previous stage's batch or the only upstream's. */
  inputs: z.record(viewName, batchReferenceSchema).optional(),
  output: z
    .strictObject({
      /** Name under which the result is published. */
      name: z.string().min(1).default('batch'),
    })
    .default({ name: 'batch' }),
});
export type TransformationParameters = z.infer<typeof transformationParametersSchema>;
