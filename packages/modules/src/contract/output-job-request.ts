import { z } from 'zod';
import { batchReferenceSchema } from './batch-reference.js';
import { destinationName, destinationSchema } from './destination.js';

const repeated = (values: readonly string[]): string | undefined =>
  values.find((value, index) => values.indexOf(value) !== index);

/** The part of an output request that the job's author writes, as `parameters.GAMMA`. */
export const outputParametersSchema = z.strictObject({
  destinations: z
    .array(destinationSchema)
    .min(1)
    .superRefine((destinations, context) => {
      const name = repeated(destinations.map(destinationName));
      const path = repeated(destinations.flatMap((one) => (one.type === 'FILE' ? [one.path] : [])));
      const twice = name ?? path;
      if (twice !== undefined) {
        context.addIssue({
          code: 'custom',
          message: `"${twice}" is there twice; names and paths must differ`,
        });
      }
    }),
  /** Default: the previous stage's batch, or the only upstream's. */
  input: batchReferenceSchema.optional(),
  delivery: z
    .strictObject({
      /** FAIL refuses to replace a file that is already there. */
      if_exists: z.enum(['REPLACE', 'FAIL']).default('REPLACE'),
      /** At most so many records a second into each table and to each webhook. Default: no limit. */
      max_records_per_second: z.number().positive().optional(),
    })
    .default({ if_exists: 'REPLACE' }),
});
export type OutputParameters = z.infer<typeof outputParametersSchema>;
