import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheParametersSchema } from '../contract/cache-job-request.js';
import type { CacheParameters, WarmUp } from '../contract/cache-job-request.js';
import { defineModule } from '../contract/define-module.js';
import type { ModuleContext } from '../contract/module-context.js';
import { stageFailure } from '../duckdb/failure.js';
import { identifier, literal } from '../duckdb/quote.js';
import { withSession } from '../duckdb/session.js';
import type { DuckSession } from '../duckdb/session.js';
import { findBatch } from '../files/batch-store.js';
import { CacheStore } from './cache-store.js';
import { planCache, withCaches } from './open-cache.js';
import type { PlannedCache, StageCaches } from './open-cache.js';

type Context = ModuleContext<CacheParameters>;
type Invalidation = NonNullable<CacheParameters['invalidate']>[number];

interface PlannedWarmUp {
  readonly request: WarmUp;
  readonly cache: PlannedCache;
  /** The file of `keys_of`. */
  readonly keysBatch: string | undefined;
}

const valueAt = (event: unknown, path: string): unknown =>
  path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined,
      event,
    );

/** The keys that the events are about. An event that names none, or no event, may be about any: then everything goes. */
const keysOf = ({ keys, keys_from }: Invalidation, events: readonly unknown[]): string[] | undefined => {
  if (keys !== undefined || keys_from === undefined) return keys;
  const values = events.map((event) => valueAt(event, keys_from));
  const isNamed = values.every((value) => typeof value === 'string' || typeof value === 'number');
  return values.length > 0 && isNamed ? values.map(String) : undefined;
};

const invalidateAll = async (context: Context, caches: StageCaches): Promise<number> => {
  let gone = 0;
  for (const one of context.parameters.invalidate ?? []) {
    const keys = keysOf(one, context.events);
    const entries = await new CacheStore(caches.connection, one.cache).invalidate(keys);
    context.logger.info('cache invalidated', { cache: one.cache, keys: keys?.length ?? 'all', entries });
    gone += entries;
  }
  return gone;
};

const plan = async (context: Context): Promise<PlannedWarmUp[]> => {
  await mkdir(context.workdir, { recursive: true });
  const planned: PlannedWarmUp[] = [];
  for (const [index, request] of (context.parameters.warm ?? []).entries()) {
    const field = `parameters.EPSILON.warm.${String(index)}`;
    const keysBatch =
      request.keys_of === undefined
        ? undefined
        : await findBatch(request.keys_of.batch, context, `${field}.keys_of.batch`);
    planned.push({ request, cache: await planCache(request.cache, context, `${field}.cache`), keysBatch });
  }
  return planned;
};

const keysToWarm = async (
  session: DuckSession,
  { request, keysBatch }: PlannedWarmUp,
): Promise<readonly string[] | undefined> => {
  if (request.keys_of === undefined) return request.keys;
  const column = identifier(request.keys_of.column);
  const rows = await session.rows(
    `SELECT DISTINCT CAST(${column} AS VARCHAR) AS key FROM read_parquet(${literal(keysBatch ?? '')}) WHERE ${column} IS NOT NULL`,
  );
  return rows.map((row) => String(row['key']));
};

const warmAll = async (context: Context, caches: StageCaches): Promise<number> => {
  const planned = await plan(context);
  if (planned.length === 0) return 0;
  const files = planned.flatMap(({ cache, keysBatch }) => [
    ...(cache.batch === undefined ? [] : [cache.batch, cache.scratch]),
    ...(keysBatch === undefined ? [] : [keysBatch]),
  ]);
  const options = { ...context, spillDir: join(context.workdir, 'spill'), ...context.resources };
  return withSession(options, async (session) => {
    await session.seal(files);
    let loaded = 0;
    for (const one of planned) {
      const records = await caches.open(one.cache, session).warm(await keysToWarm(session, one));
      context.logger.info('cache warmed', { cache: one.cache.definition.name, records });
      loaded += records;
      context.progress(loaded);
    }
    return loaded;
  });
};

/**
 * EPSILON: invalidates and warms lookup caches, as a stage of a job: what BETA's enrichment looks up is there before it begins, and an event
 * that triggers the job drops what has changed (specification, Module Epsilon Integration).
 */
export const epsilon = defineModule({
  name: 'EPSILON',
  parameters: cacheParametersSchema,
  async run(context) {
    try {
      return await withCaches(context, async (caches) => {
        const invalidated = await invalidateAll(context, caches);
        const loaded = await warmAll(context, caches);
        return {
          records_processed: loaded,
          records_failed: 0,
          metrics: { entries_invalidated: invalidated, records_loaded: loaded },
        };
      });
    } catch (error) {
      throw stageFailure(error, 'EXEC_006_MODULE_FAILED', 'epsilon.run', context.signal);
    }
  },
});
