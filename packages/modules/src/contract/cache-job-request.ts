import { z } from 'zod';
import { batchReferenceSchema } from './batch-reference.js';
import { cacheDefinitionSchema, cacheNameSchema } from './cache-definition.js';

const keysSchema = z.array(z.string().min(1)).min(1).max(100_000);

const invalidationSchema = z
  .strictObject({
    cache: cacheNameSchema,
    keys: keysSchema.optional(),
    /** Path in the events that triggered the execution, e.g. `data.iata`: the key that each is about. */
    keys_from: z
      .string()
      .regex(/^[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)*$/, 'expected names joined by ".", e.g. data.id')
      .optional(),
  })
  .refine(({ keys, keys_from }) => keys === undefined || keys_from === undefined, {
    error: 'expected keys or keys_from, or neither to invalidate everything',
  });

const warmUpSchema = z
  .strictObject({
    cache: cacheDefinitionSchema,
    /** What to load: these keys, */
    keys: keysSchema.optional(),
    /** or all values of a column of a batch: the lookups that are expected. Default: everything, of a loader with a batch. */
    keys_of: z.strictObject({ batch: batchReferenceSchema, column: z.string().min(1) }).optional(),
  })
  .refine(({ keys, keys_of }) => keys === undefined || keys_of === undefined, {
    error: 'expected keys or keys_of, not both',
  })
  .refine(({ cache }) => cache.loader !== undefined, {
    path: ['cache', 'loader'],
    error: 'is missing: without one there is nothing to warm the cache from',
  })
  .refine(
    ({ cache, keys, keys_of }) =>
      cache.loader === undefined || 'batch' in cache.loader || (keys ?? keys_of) !== undefined,
    { error: 'expected keys or keys_of: a URL answers one key, and does not tell which there are' },
  );
export type WarmUp = z.infer<typeof warmUpSchema>;

/** `parameters.EPSILON`. What is invalidated is so before anything is warmed. */
export const cacheParametersSchema = z
  .strictObject({
    invalidate: z.array(invalidationSchema).min(1).optional(),
    warm: z.array(warmUpSchema).min(1).optional(),
  })
  .refine(({ invalidate, warm }) => invalidate !== undefined || warm !== undefined, {
    error: 'expected invalidate, warm, or both',
  });
export type CacheParameters = z.infer<typeof cacheParametersSchema>;

/** `POST /v1/cache/warm` (specification, Module Epsilon Integration: Cache Warm-Up). */
export const cacheWarmRequestSchema = warmUpSchema;

/** `POST /v1/cache/invalidate` (Cache Invalidation). */
export const cacheInvalidateRequestSchema = z.strictObject({
  cache: cacheNameSchema,
  /** Default: everything. */
  keys: keysSchema.optional(),
});

const count = z.number().int().nonnegative();

/** One cache in `GET /v1/cache/status` (Cache Status). */
export const cacheStatusSchema = z.object({
  name: cacheNameSchema,
  /** False from a failure to load until the next success. */
  healthy: z.boolean(),
  /** Kept now, expired ones included. */
  entries: count,
  hits: count,
  misses: count,
  /** Share of the lookups that were answered from the cache, 0-1; null before the first. */
  hit_rate: z.number().min(0).max(1).nullable(),
  /** Failures to load, ever. */
  errors: count,
  last_error: z.string().nullable(),
  failing_since: z.iso.datetime().nullable(),
  last_warm_up: z.object({ time: z.iso.datetime(), entries: count }).nullable(),
});
export type CacheStatus = z.infer<typeof cacheStatusSchema>;

/** `GET /v1/cache/status`. */
export const cacheStatusListSchema = z.object({
  /** Whether all of them are. */
  healthy: z.boolean(),
  caches: z.array(cacheStatusSchema),
});
export type CacheStatusList = z.infer<typeof cacheStatusListSchema>;
