import { z } from 'zod';
import { batchReferenceSchema } from './batch-reference.js';
import { cacheDefinitionSchema } from './cache-definition.js';
import { COLUMN_TYPES } from './ingestion-job-request.js';

const viewName = z
  .string()
  .regex(/^[a-z_][a-z0-9_]*$/i, 'expected a name of letters, digits and _, not starting with a digit');

/** DuckDB's parser ends at a null character, and what is behind it would be judged by nobody. */
const sqlText = z
  .string()
  .trim()
  .min(1)
  .refine((text) => !text.includes('\0'), { error: 'has a null character' });

const addedColumnSchema = z.strictObject({
  /** Field of the cached record. */
  field: z.string().min(1),
  /** Name in the view. Default: the field's. */
  as: z.string().min(1).optional(),
  /** A value that is not of it fails the transformation. */
  type: z.enum(COLUMN_TYPES).default('string'),
});
export type AddedColumn = z.infer<typeof addedColumnSchema>;

const enrichmentSchema = z.strictObject({
  /** The view that gets the columns. Default: the only one. */
  input: viewName.optional(),
  cache: cacheDefinitionSchema,
  /** The view's column that holds the key. */
  key: z.string().min(1),
  columns: z.array(addedColumnSchema).min(1),
  /** What becomes of a row for which there is no record: its columns are null, it is left out, or the transformation fails. */
  on_missing: z.enum(['NULL', 'REJECT', 'FAIL']).default('NULL'),
  /** Whether everything the loader's batch has is put into the cache before. Default: what is looked up. */
  warm: z.boolean().default(false),
});
export type Enrichment = z.infer<typeof enrichmentSchema>;

const qualitySchema = z.strictObject({
  checks: z
    .array(
      z.strictObject({
        name: z.string().min(1),
        /** A condition on a record of the result; one for which it is not true fails the check. */
        sql: sqlText,
        weight: z.number().positive().default(1),
      }),
    )
    .min(1),
  /** The score below which nothing is published. Default: none. */
  minimum: z.number().min(0).max(1).optional(),
});
export type Quality = z.infer<typeof qualitySchema>;

/** The part of a transformation request that the job's author writes, as `parameters.BETA`. */
export const transformationParametersSchema = z.strictObject({
  profile: z.strictObject({
    /** One SELECT (DuckDB's SQL) over the views that `inputs` names. */
    sql: sqlText,
  }),
  /** View name → batch. Default: one view `input`, the previous stage's batch or the only upstream's. */
  inputs: z.record(viewName, batchReferenceSchema).optional(),
  /** Columns that come from caches, by a key in the input (specification: Enrichment Coordination). */
  enrichment: z.array(enrichmentSchema).min(1).optional(),
  /** How good the result is: the share of records that pass each check, averaged by weight. */
  quality: qualitySchema.optional(),
  output: z
    .strictObject({
      /** Name under which the result is published. */
      name: z.string().min(1).default('batch'),
    })
    .default({ name: 'batch' }),
});
export type TransformationParameters = z.infer<typeof transformationParametersSchema>;
