import type { CacheStatusList } from '../contract/cache-job-request.js';
import { cacheUnavailable, connectCaches } from './cache-connection.js';
import type { CacheAddress } from './cache-connection.js';
import { CacheStore } from './cache-store.js';

/** What is done to caches from outside a job (specification, Module Epsilon Integration). */
export interface CacheAdministration {
  /** All caches that were ever used, by name. */
  status(): Promise<CacheStatusList>;
  /** @param keys default: everything @returns how many entries are gone */
  invalidate(cache: string, keys?: readonly string[]): Promise<number>;
  close(): void;
}

/** @throws PhiError EXEC_024_CACHE_CONNECTION_FAILED, also from every method, if Redis does not answer */
export const administerCaches = async (address: CacheAddress): Promise<CacheAdministration> => {
  const connection = await connectCaches(address);
  return {
    async status() {
      const names = await connection.redis.smembers(connection.keys.names).catch((error: unknown) => {
        throw cacheUnavailable(error);
      });
      const caches = await Promise.all(
        names.toSorted().map(async (name) => new CacheStore(connection, name).status()),
      );
      return { healthy: caches.every(({ healthy }) => healthy), caches };
    },
    invalidate: async (cache, keys) => new CacheStore(connection, cache).invalidate(keys),
    close: () => {
      connection.close();
    },
  };
};
