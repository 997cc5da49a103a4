import { z } from 'zod';

export const SOURCE_FORMATS = ['CSV', 'JSON', 'NDJSON', 'PARQUET'] as const;
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

const oneCharacter = z.string().length(1, 'expected exactly one character');

/** How a CSV source is read; what is left out is detected. */
const csvOptionsSchema = z.strictObject({
  delimiter: oneCharacter.optional(),
  quote: oneCharacter.optional(),
  escape: oneCharacter.optional(),
  header: z.boolean().optional(),
  skip_rows: z.number().int().min(0).optional(),
  null_values: z.array(z.string()).min(1).optional(),
});
export type CsvOptions = z.infer<typeof csvOptionsSchema>;

const sourceSchema = z
  .strictObject({
    /** File or glob, relative to the source directory. */
    path: z.string().min(1).optional(),
    paths: z.array(z.string().min(1)).min(1).optional(),
    /** Default: by the file's extension. */
    format: z.enum(SOURCE_FORMATS).optional(),
    /** For CSV only. */
    options: csvOptionsSchema.optional(),
  })
  .refine((source) => (source.path === undefined) !== (source.paths === undefined), {
    error: 'expected exactly one of path and paths',
  });

export const COLUMN_TYPES = ['string', 'integer', 'number', 'boolean', 'date', 'timestamp'] as const;

const columnSchema = z.strictObject({
  name: z.string().min(1),
  type: z.enum(COLUMN_TYPES),
  /** A record in which a required column is null is rejected. */
  required: z.boolean().default(false),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  /** Regular expression (RE2) that the whole text must match; for strings. */
  pattern: z.string().optional(),
});
export type ColumnRule = z.infer<typeof columnSchema>;

/** The part of an ingestion request that the job's author writes, as `parameters.ALPHA`. */
export const ingestionParametersSchema = z.strictObject({
  source: sourceSchema,
  batch: z
    .strictObject({
      /** Columns to keep and check, in this order; without it every column is taken with its detected type. */
      columns: z.array(columnSchema).min(1).optional(),
      /** More rejected records than this fail the ingestion. Default: no limit. */
      max_rejected: z.number().int().min(0).optional(),
    })
    .default({}),
});
export type IngestionParameters = z.infer<typeof ingestionParametersSchema>;
