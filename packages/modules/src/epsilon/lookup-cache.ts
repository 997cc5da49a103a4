import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { PhiError } from '@phi/core';
import type { CacheDefinition } from '../contract/cache-definition.js';
import type { CacheStatus } from '../contract/cache-job-request.js';
import type { CacheConnection } from './cache-connection.js';
import type { CachedRecord } from './cache-entry.js';
import { CacheStore, KEYS_AT_ONCE } from './cache-store.js';

/** Answers the records of keys; a key that is missing, or null, has none. */
export interface RecordLoader {
  /** How long one call may take, in milliseconds; whoever waits for its result waits no longer. */
  readonly withinMs: number;
  /** At most so many keys are asked for at once. */
  readonly keysAtOnce: number;
  load(keys: readonly string[]): Promise<ReadonlyMap<string, CachedRecord | null>>;
  /** Every record there is, in pieces; absent where nobody knows which there are. */
  all?(): AsyncIterable<ReadonlyMap<string, CachedRecord>>;
}

export type Lookups = ReadonlyMap<string, CachedRecord | null>;

const FIRST_LOOK_MS = 25;
const LONGEST_PAUSE_MS = 200;

const chunks = function* <T>(items: readonly T[], size: number): Generator<T[]> {
  for (let from = 0; from < items.length; from += size) yield items.slice(from, from + size);
};

/** One named cache: looks up in Redis, loads what is not there, once for each key however many ask. */
export class LookupCache {
  readonly #store: CacheStore;
  readonly #definition: CacheDefinition;
  readonly #loader: RecordLoader | undefined;
  readonly #signal: AbortSignal;

  /** @param loader without one, what is not in the cache is not there */
  constructor(
    connection: CacheConnection,
    definition: CacheDefinition,
    loader: RecordLoader | undefined,
    signal: AbortSignal,
  ) {
    this.#store = new CacheStore(connection, definition.name);
    this.#definition = definition;
    this.#loader = loader;
    this.#signal = signal;
  }

  async get(key: string): Promise<CachedRecord | null> {
    return (await this.getMany([key])).get(key) ?? null;
  }

  /**
   * @returns the record of each key, null where there is none
   * @throws PhiError EXEC_024_CACHE_CONNECTION_FAILED if Redis does not answer; what the loader throws
   */
  async getMany(keys: readonly string[]): Promise<Lookups> {
    const found = new Map<string, CachedRecord | null>();
    for (const some of chunks([...new Set(keys)], KEYS_AT_ONCE)) {
      const missing = await this.#look(some, found);
      await this.#store.count(some.length - missing.length, missing.length);
      for (const key of missing) found.set(key, null);
      if (this.#loader === undefined) continue;
      for (const few of chunks(missing, this.#loader.keysAtOnce)) await this.#fetch(few, found, this.#loader);
    }
    return found;
  }

  /** Loads keys that the cache does not have, or without `keys` everything there is. @returns how many records were found */
  async warm(keys?: readonly string[]): Promise<number> {
    const loaded = keys === undefined ? await this.#warmAll() : await this.#warmKeys(keys);
    await this.#store.noteWarmUp(loaded);
    return loaded;
  }

  /** @param keys default: everything @returns how many entries are gone */
  invalidate(keys?: readonly string[]): Promise<number> {
    return this.#store.invalidate(keys);
  }

  status(): Promise<CacheStatus> {
    return this.#store.status();
  }

  async #warmKeys(keys: readonly string[]): Promise<number> {
    const found = await this.getMany(keys);
    return [...found.values()].filter((record) => record !== null).length;
  }

  async #warmAll(): Promise<number> {
    if (this.#loader?.all === undefined) return 0;
    const moment = await this.#store.moment();
    let loaded = 0;
    for await (const records of this.#loader.all()) {
      this.#signal.throwIfAborted();
      await this.#store.write(records, moment, this.#definition);
      loaded += records.size;
    }
    return loaded;
  }

  /** Puts what the cache knows into `found`; answers the keys of which it knows nothing. */
  async #look(keys: readonly string[], found: Map<string, CachedRecord | null>): Promise<string[]> {
    const records = await this.#store.read(keys, await this.#store.moment());
    return keys.filter((key, index) => {
      const record = records[index];
      if (record !== undefined) found.set(key, record);
      return record === undefined;
    });
  }

  /** Loads those keys that nobody else is loading, and waits for the others. */
  async #fetch(
    keys: readonly string[],
    found: Map<string, CachedRecord | null>,
    loader: RecordLoader,
  ): Promise<void> {
    let missing = [...keys];
    for (let pause = FIRST_LOOK_MS; missing.length > 0; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      const mine = await this.#load(missing, found, loader);
      missing = missing.filter((key) => !mine.includes(key));
      if (missing.length === 0) return;
      await sleep(pause, undefined, { signal: this.#signal });
      missing = await this.#look(missing, found);
    }
  }

  async #load(
    keys: readonly string[],
    found: Map<string, CachedRecord | null>,
    loader: RecordLoader,
  ): Promise<string[]> {
    const token = randomUUID();
    // Whoever dies with the right to load keys holds the others up for no longer than a load may take.
    const mine = await this.#store.claim(keys, token, loader.withinMs + 5000);
    if (mine.length === 0) return [];
    const moment = await this.#store.moment();
    try {
      // Somebody may have loaded them between the look and the claim.
      const missing = await this.#look(mine, found);
      if (missing.length === 0) return mine;
      const loaded = await loader.load(missing);
      const records = new Map(missing.map((key) => [key, loaded.get(key) ?? null]));
      for (const [key, record] of records) found.set(key, record);
      await this.#store.write(records, moment, this.#definition);
    } catch (error) {
      if (!this.#signal.aborted) await this.#noteFailure(error);
      throw error;
    } finally {
      await this.#store.release(mine, token, moment);
    }
    return mine;
  }

  async #noteFailure(error: unknown): Promise<void> {
    const isRedis = error instanceof PhiError && error.operation === 'cache.connect';
    if (!isRedis) await this.#store.noteFailure(error instanceof Error ? error.message : String(error));
  }
}
