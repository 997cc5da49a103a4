import { z } from 'zod';

export const SOURCE_FORMATS = ['CSV', 'JSON', 'NDJSON', 'PARQUET'] as const;
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

const oneCharacter = z.string().length(1, 'expected exactly one character');

/** Encodings that are read without an extension. */
const CSV_ENCODINGS = ['utf-8', 'utf-16', 'latin-1'] as const;

/** How a CSV source is read. */
const csvOptionsSchema = z.strictObject({
  /** Default: whichever of , ; tab | splits the first line into most fields. */
  delimiter: oneCharacter.optional(),
  /** Default: ". */
  quote: oneCharacter.optional(),
  /** Default: the quote. */
  escape: oneCharacter.optional(),
  /** Whether the first line names the columns. Default: true. */
  header: z.boolean().optional(),
  skip_rows: z.number().int().min(0).optional(),
  null_values: z.array(z.string()).min(1).optional(),
  /** Default: utf-8; what is not of it is rejected. */
  encoding: z.enum(CSV_ENCODINGS).optional(),
});
export type CsvOptions = z.infer<typeof csvOptionsSchema>;

const httpUrl = z.url({ protocol: /^https?$/, error: 'expected an absolute URL, http: or https:' });
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i;
const headerValue = z.string().regex(/^[\t\x20-\x7e\x80-\xff]*$/, 'expected text without line breaks');

/** How sources behind URLs are fetched. */
export const httpOptionsSchema = z.strictObject({
  headers: z
    .record(z.string(), headerValue)
    .refine((headers) => Object.keys(headers).every((name) => HEADER_NAME.test(name)), {
      error: 'expected names of HTTP headers',
    })
    .default({}),
  /** For one source, from the request to its last byte. */
  timeout_seconds: z.number().positive().max(86_400).default(600),
});
export type HttpOptions = z.infer<typeof httpOptionsSchema>;

const LOCATIONS = ['path', 'paths', 'url', 'urls'] as const;

const sourceSchema = z
  .strictObject({
    /** File or glob, relative to the source directory. */
    path: z.string().min(1).optional(),
    paths: z.array(z.string().min(1)).min(1).optional(),
    url: httpUrl.optional(),
    urls: z.array(httpUrl).min(1).optional(),
    /** For `url` and `urls`. */
    http: httpOptionsSchema.optional(),
    /** Of one source that is fetched or unpacked. Default: 4 GiB. */
    max_bytes: z
      .number()
      .int()
      .positive()
      .default(2 ** 32),
    /** Default: by the file's extension. */
    format: z.enum(SOURCE_FORMATS).optional(),
    /** For CSV only. */
    options: csvOptionsSchema.optional(),
  })
  .refine((source) => LOCATIONS.filter((name) => source[name] !== undefined).length === 1, {
    error: `expected exactly one of ${LOCATIONS.join(', ')}`,
  })
  .refine(({ http, url, urls }) => http === undefined || (url ?? urls) !== undefined, {
    path: ['http'],
    error: 'is for sources with url or urls',
  });

export const COLUMN_TYPES = ['string', 'integer', 'number', 'boolean', 'date', 'timestamp'] as const;

const kindOf = {
  string: 'string',
  integer: 'number',
  number: 'number',
  boolean: 'boolean',
  date: 'string',
  timestamp: 'string',
} as const satisfies Record<(typeof COLUMN_TYPES)[number], string>;

const columnSchema = z
  .strictObject({
    name: z.string().min(1),
    type: z.enum(COLUMN_TYPES),
    /** A record in which a required column is null is rejected. */
    required: z.boolean().default(false),
    minimum: z.number().optional(),
    maximum: z.number().optional(),
    /** Regular expression (RE2) that the whole text must match; for strings. */
    pattern: z.string().optional(),
    /** Characters that the text may have at most. */
    max_length: z.number().int().min(0).optional(),
    /** The values that are accepted. */
    enum: z
      .array(z.union([z.string(), z.number(), z.boolean()]))
      .min(1)
      .optional(),
    /** Of records with the same value the first is taken, the others are rejected; null equals nothing. */
    unique: z.boolean().default(false),
  })
  .refine(({ type, enum: values }) => values?.every((value) => typeof value === kindOf[type]) ?? true, {
    path: ['enum'],
    error: 'expected values of the type of the column (a date or timestamp as text)',
  });
export type ColumnRule = z.infer<typeof columnSchema>;

/** Whether a column that is not declared is left out, kept, or fails the ingestion. */
const UNKNOWN_COLUMNS = ['DROP', 'KEEP', 'REJECT'] as const;

/** The part of an ingestion request that the job's author writes, as `parameters.ALPHA`. */
export const ingestionParametersSchema = z.strictObject({
  source: sourceSchema,
  batch: z
    .strictObject({
      /** Columns to keep and check, in this order; without it every column is taken with its detected type. */
      columns: z.array(columnSchema).min(1).optional(),
      /** What becomes of columns that `columns` does not name. Only with `columns`. */
      unknown_columns: z.enum(UNKNOWN_COLUMNS).default('DROP'),
      /** More rejected records than this fail the ingestion. Default: no limit. */
      max_rejected: z.number().int().min(0).optional(),
    })
    .prefault({}),
});
export type IngestionParameters = z.infer<typeof ingestionParametersSchema>;
