import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { PhiError } from '@phi/core';
import type { Dispatcher } from 'undici';
import type { CacheDefinition } from '../contract/cache-definition.js';
import type { ModuleContext } from '../contract/module-context.js';
import type { DuckSession } from '../duckdb/session.js';
import { findBatch } from '../files/batch-store.js';
import { createGuardedDispatcher } from '../http/guarded-dispatcher.js';
import { batchLoader } from './batch-loader.js';
import { connectCaches } from './cache-connection.js';
import type { CacheConnection } from './cache-connection.js';
import { httpLoader } from './http-loader.js';
import { LookupCache } from './lookup-cache.js';
import type { RecordLoader } from './lookup-cache.js';

/** A cache as a stage uses it, with the files that its session has to be able to read and write. */
export interface PlannedCache {
  readonly definition: CacheDefinition;
  /** Of a loader with a batch. */
  readonly batch: string | undefined;
  readonly scratch: string;
}

/** @param field path of the definition in the parameters, for messages */
export const planCache = async (
  definition: CacheDefinition,
  context: ModuleContext<unknown>,
  field: string,
): Promise<PlannedCache> => {
  const { loader } = definition;
  const batch =
    loader !== undefined && 'batch' in loader
      ? await findBatch(loader.batch, context, `${field}.loader.batch`)
      : undefined;
  const directory = await mkdtemp(join(context.workdir, 'cache-'));
  return { definition, batch, scratch: join(directory, 'records.ndjson') };
};

/** The caches of one stage: one connection to Redis, one for HTTP, both closed with it. */
export interface StageCaches {
  open(planned: PlannedCache, session: DuckSession): LookupCache;
  readonly connection: CacheConnection;
}

const loaderOf = (
  { definition: { loader }, batch, scratch }: PlannedCache,
  session: DuckSession,
  dispatcher: Dispatcher,
  signal: AbortSignal,
): RecordLoader | undefined => {
  if (loader === undefined) return undefined;
  if ('url' in loader) return httpLoader(loader, dispatcher, signal);
  return batchLoader(session, { path: batch ?? '', key: loader.key, scratch });
};

/**
 * @throws PhiError EXEC_005_INVALID_CONFIG if this executor keeps no caches, EXEC_024_CACHE_CONNECTION_FAILED if their Redis does not
 *   answer; whatever `use` throws
 */
export const withCaches = async <T>(
  context: ModuleContext<unknown>,
  use: (caches: StageCaches) => Promise<T>,
): Promise<T> => {
  if (context.cache === undefined) {
    throw new PhiError(
      'EXEC_005_INVALID_CONFIG',
      'no Redis is configured for caches: set PHI_CACHE_REDIS_URL',
      {
        operation: 'cache.connect',
      },
    );
  }
  const connection = await connectCaches(context.cache);
  const dispatcher = createGuardedDispatcher({ allow: context.http_allow });
  try {
    return await use({
      connection,
      open: (planned, session) =>
        new LookupCache(
          connection,
          planned.definition,
          loaderOf(planned, session, dispatcher, context.signal),
          context.signal,
        ),
    });
  } finally {
    connection.close();
    await dispatcher.destroy();
  }
};
