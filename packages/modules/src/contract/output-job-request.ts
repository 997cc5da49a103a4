import { z } from 'zod';
import { batchReferenceSchema } from './batch-reference.js';

export const OUTPUT_FORMATS = ['CSV', 'JSON', 'NDJSON', 'PARQUET'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

const destinationSchema = z.strictObject({
  /** Name in outputs and acknowledgements. Default: the path. */
  name: z.string().min(1).optional(),
  /** File, relative to the output directory; an existing one is replaced in one step. */
  path: z.string().min(1),
  /** Default: by the path's extension. */
  format: z.enum(OUTPUT_FORMATS).optional(),
});
export type Destination = z.infer<typeof destinationSchema>;

const repeated = (values: readonly string[]): string | undefined =>
  values.find((value, index) => values.indexOf(value) !== index);

/** The part of an output request that the job's author writes, as `parameters.GAMMA`. */
export const outputParametersSchema = z.strictObject({
  destinations: z
    .array(destinationSchema)
    .min(1)
    .superRefine((destinations, context) => {
      const name = repeated(destinations.map((one) => one.name ?? one.path));
      const path = repeated(destinations.map((one) => one.path));
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
    })
    .default({ if_exists: 'REPLACE' }),
});
export type OutputParameters = z.infer<typeof outputParametersSchema>;
