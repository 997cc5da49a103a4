import { z } from 'zod';
import { batchReferenceSchema } from './batch-reference.js';

export const cacheNameSchema = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_.-]{0,63}$/i, 'expected letters, digits, "_", "." and "-", at most 64');

const batchLoaderSchema = z.strictObject({
  batch: batchReferenceSchema,
  /** Column of the batch that holds the keys. */
  key: z.string().min(1),
});

const httpLoaderSchema = z.strictObject({
  /** Answers one record as a JSON object, or 404; `{key}` stands for the key. */
  url: z
    .string()
    .regex(
      /^https?:\/\/[^{}]+\{key\}[^{}]*$/,
      'expected an absolute URL, http: or https:, with {key} once in it',
    ),
  headers: z.record(z.string(), z.string()).default({}),
  /** For one key. */
  timeout_seconds: z.number().positive().max(60).default(10),
});
export type HttpLoader = z.infer<typeof httpLoaderSchema>;

const loaderSchema = z.union([batchLoaderSchema, httpLoaderSchema], {
  error: 'expected {batch: <reference>, key: <column>} or {url: <URL with {key}>}',
});

/** A lookup cache as whoever uses it declares it. All who use one share its entries; each brings its own loader. */
export const cacheDefinitionSchema = z.strictObject({
  name: cacheNameSchema,
  /** Where what the cache does not have comes from. Default: nowhere. */
  loader: loaderSchema.optional(),
  /** How long an entry counts. */
  ttl_seconds: z.number().int().min(1).max(2_592_000).default(3600),
  /** How long it is remembered that there is no record for a key; 0 for not at all. */
  negative_ttl_seconds: z.number().int().min(0).max(2_592_000).default(60),
  /** Of more than these, any are dropped. */
  max_entries: z.number().int().min(1).max(10_000_000).default(100_000),
  /** A record that is larger as JSON is used, but not kept. */
  max_record_bytes: z.number().int().min(16).max(1_048_576).default(4096),
});
export type CacheDefinition = z.infer<typeof cacheDefinitionSchema>;
