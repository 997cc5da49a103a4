import { z } from 'zod';

export const OUTPUT_FORMATS = ['CSV', 'JSON', 'NDJSON', 'PARQUET'] as const;
export type OutputFormat = (typeof OUTPUT_FORMATS)[number];

/** What happens to the rows that are there: nothing, those with the same key are replaced, or all of them are. */
export const WRITE_MODES = ['APPEND', 'UPSERT', 'REPLACE'] as const;

/** A file below the output directory; an existing one is replaced in one step. */
const fileDestinationSchema = z.strictObject({
  type: z.literal('FILE').default('FILE'),
  /** Name in outputs and acknowledgements. Default: the path. */
  name: z.string().min(1).optional(),
  /** Relative to the output directory. */
  path: z.string().min(1),
  /** Default: by the path's extension. */
  format: z.enum(OUTPUT_FORMATS).optional(),
});
export type FileDestination = z.infer<typeof fileDestinationSchema>;

const IDENTIFIER = String.raw`(?:[A-Za-z_][A-Za-z0-9_$]*|"(?:[^"]|"")+")`;
const TABLE = new RegExp(String.raw`^${IDENTIFIER}(?:\.${IDENTIFIER})?$`);

/** As in SQL: `table` or `schema.table`; a part in double quotes is taken as it stands. */
const tableSchema = z.string().regex(TABLE, 'expected table or schema.table, parts as in SQL');

// The URL has the password in it: no message may repeat it.
const connectionSchema = z.string().regex(/^postgres(?:ql)?:\/\//, {
  error: 'expected a URL postgres://user:password@host:port/database, given by {secret: NAME}',
});

const postgresDestinationSchema = z
  .strictObject({
    type: z.literal('POSTGRES'),
    /** Name in acknowledgements, and part of the delivery's identity. Default: the table. */
    name: z.string().min(1).optional(),
    /** URL of the database; a job refers to it by `{secret: NAME}`. TLS by its `sslmode`. */
    connection: connectionSchema,
    table: tableSchema,
    mode: z.enum(WRITE_MODES).default('APPEND'),
    /** For UPSERT: columns of the table that a unique constraint covers. */
    key: z.array(z.string().min(1)).min(1).optional(),
    /** Column of the batch → column of the table. Default: every column of the batch, to that of its own name. */
    columns: z.record(z.string().min(1), z.string().min(1)).optional(),
    /** Records in one transaction, 1 to 1,000,000; fewer where they are large. */
    chunk_records: z.number().int().min(1).max(1_000_000).default(10_000),
    /** Everything in one transaction, so that readers see all of it or nothing. REPLACE always is. */
    atomic: z.boolean().default(false),
    /** Where Phi records how far a delivery has got; made when it is not there. */
    ledger_table: tableSchema.default('phi_deliveries'),
  })
  .superRefine(({ mode, key }, context) => {
    if ((mode === 'UPSERT') === (key !== undefined)) return;
    const message =
      mode === 'UPSERT' ? 'UPSERT needs the columns of a unique constraint' : `only for UPSERT, not ${mode}`;
    context.addIssue({ code: 'custom', path: ['key'], message });
  });
export type PostgresDestination = z.infer<typeof postgresDestinationSchema>;

const webhookDestinationSchema = z.strictObject({
  type: z.literal('WEBHOOK'),
  /** Name in acknowledgements, and part of the messages' ids. */
  name: z.string().min(1),
  /** `http://` or `https://`; may be given by `{secret: NAME}`. */
  url: z.url({ protocol: /^https?$/, error: 'expected an http:// or https:// URL' }),
  /** Signs the messages (Standard Webhooks): `whsec_` and base64; a job refers to it by `{secret: NAME}`. */
  secret: z.string().regex(/^whsec_[A-Za-z0-9+/]{32,}={0,2}$/, {
    error: 'expected whsec_ and the base64 of at least 24 bytes, given by {secret: NAME}',
  }),
  /** Records in one message, 1 to 10,000; fewer where they are large. */
  batch_records: z.number().int().min(1).max(10_000).default(500),
  /** How long a message may take to be answered, in seconds. */
  timeout_seconds: z.number().positive().max(600).default(30),
  /** How long a 429 or 503 with Retry-After is waited for before the attempt fails, in seconds altogether. */
  max_retry_after_seconds: z.number().min(0).max(3600).default(60),
});
export type WebhookDestination = z.infer<typeof webhookDestinationSchema>;

/** Where GAMMA delivers to. */
export const destinationSchema = z.discriminatedUnion(
  'type',
  [fileDestinationSchema, postgresDestinationSchema, webhookDestinationSchema],
  { error: 'expected FILE, POSTGRES or WEBHOOK' },
);
export type Destination = z.infer<typeof destinationSchema>;

/** The name a destination has in acknowledgements. */
export const destinationName = (destination: Destination): string => {
  switch (destination.type) {
    case 'FILE':
      return destination.name ?? destination.path;
    case 'POSTGRES':
      return destination.name ?? destination.table;
    case 'WEBHOOK':
      return destination.name;
  }
};
