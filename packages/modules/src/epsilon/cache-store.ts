import type { CacheDefinition } from '../contract/cache-definition.js';
import type { CacheStatus } from '../contract/cache-job-request.js';
import { cacheUnavailable } from './cache-connection.js';
import type { CacheConnection } from './cache-connection.js';
import { decodeEntry, encodeEntry } from './cache-entry.js';
import type { CachedRecord, Lookup } from './cache-entry.js';

type Command = [name: string, ...args: (string | number)[]];

/** One HMGET, and one round trip, is for at most so many keys. */
export const KEYS_AT_ONCE = 1000;

/** Which entries count: those of the generation, at a time. */
export interface CacheMoment {
  readonly generation: string;
  /** Seconds since 1970, by Redis' clock. */
  readonly now: number;
}

const isoOf = (ms: string | undefined): string | null =>
  ms === undefined ? null : new Date(Number(ms)).toISOString();

/** What is kept of one cache in Redis, without loading anything. */
export class CacheStore {
  readonly #connection: CacheConnection;
  readonly #meta: string;

  constructor(
    connection: CacheConnection,
    readonly name: string,
  ) {
    this.#connection = connection;
    this.#meta = connection.keys.meta(name);
  }

  /** @throws PhiError EXEC_024_CACHE_CONNECTION_FAILED if any of them fails */
  async #run(commands: readonly Command[]): Promise<unknown[]> {
    try {
      const replies = (await this.#connection.redis.pipeline([...commands]).exec()) ?? [];
      return replies.map(([error, reply]) => {
        if (error !== null) throw error;
        return reply;
      });
    } catch (error) {
      throw cacheUnavailable(error);
    }
  }

  async moment(): Promise<CacheMoment> {
    const [time, generation] = await this.#run([['time'], ['hget', this.#meta, 'generation']]);
    const [seconds] = time as [string, string];
    return { generation: (generation as string | null) ?? '0', now: Number(seconds) };
  }

  /** @param keys at most KEYS_AT_ONCE */
  async read(keys: readonly string[], moment: CacheMoment): Promise<Lookup[]> {
    if (keys.length === 0) return [];
    const [texts] = await this.#run([['hmget', this.#entries(moment), ...keys]]);
    return (texts as (string | null)[]).map((text) => decodeEntry(text, moment.now));
  }

  /** Keeps what was found, and drops any others if they become too many. */
  async write(
    found: ReadonlyMap<string, CachedRecord | null>,
    moment: CacheMoment,
    definition: CacheDefinition,
  ): Promise<void> {
    const { ttl_seconds, negative_ttl_seconds, max_record_bytes, max_entries } = definition;
    const fields = [...found].flatMap(([key, record]) => {
      const ttl = record === null ? negative_ttl_seconds : ttl_seconds;
      const text = encodeEntry(record, moment.now + ttl);
      return ttl === 0 || Buffer.byteLength(text) > max_record_bytes + 16 ? [] : [key, text];
    });
    const entries = this.#entries(moment);
    const kept: Command[] =
      fields.length === 0
        ? []
        : [
            ['hset', entries, ...fields],
            ['expire', entries, Math.max(ttl_seconds, negative_ttl_seconds)],
          ];
    const replies = await this.#run([
      ...kept,
      ['sadd', this.#connection.keys.names, this.name],
      ['hdel', this.#meta, 'failing_since'],
      ['hlen', entries],
    ]);
    const surplus = Number(replies.at(-1)) - max_entries;
    if (surplus > 0) await this.#drop(entries, surplus);
  }

  async #drop(entries: string, surplus: number): Promise<void> {
    const [fields] = await this.#run([['hrandfield', entries, surplus]]);
    await this.#run([['hdel', entries, ...(fields as string[])]]);
  }

  /** Takes the right to load keys, for a time; answers those that nobody has it for. */
  async claim(keys: readonly string[], token: string, ms: number): Promise<string[]> {
    const replies = await this.#run(
      keys.map((key) => ['set', this.#loading(key), token, 'PX', ms, 'NX'] as Command),
    );
    return keys.filter((_key, index) => replies[index] === 'OK');
  }

  /**
   * Gives the right back. What was invalidated while it was loaded is dropped again: an invalidation takes the right away first.
   */
  async release(keys: readonly string[], token: string, moment: CacheMoment): Promise<void> {
    const holders = await this.#run(keys.map((key) => ['getdel', this.#loading(key)] as Command));
    const invalidated = keys.filter((_key, index) => holders[index] !== token);
    if (invalidated.length > 0) await this.#run([['hdel', this.#entries(moment), ...invalidated]]);
  }

  /** @returns how many entries are gone */
  async invalidate(keys: readonly string[] | undefined): Promise<number> {
    const { generation } = await this.moment();
    const entries = this.#connection.keys.entries(this.name, generation);
    if (keys === undefined) {
      const [count] = await this.#run([
        ['hlen', entries],
        ['hincrby', this.#meta, 'generation', 1],
        ['unlink', entries],
        ['sadd', this.#connection.keys.names, this.name],
      ]);
      return Number(count);
    }
    let gone = 0;
    for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
      const some = keys.slice(from, from + KEYS_AT_ONCE);
      const replies = await this.#run([
        ['del', ...some.map((key) => this.#loading(key))],
        ['hdel', entries, ...some],
      ]);
      gone += Number(replies[1]);
    }
    return gone;
  }

  async count(hits: number, misses: number): Promise<void> {
    await this.#run([
      ['hincrby', this.#meta, 'hits', hits],
      ['hincrby', this.#meta, 'misses', misses],
      ['sadd', this.#connection.keys.names, this.name],
    ]);
  }

  async noteFailure(message: string): Promise<void> {
    const [time] = await this.#run([['time']]);
    await this.#run([
      ['hincrby', this.#meta, 'errors', 1],
      ['hset', this.#meta, 'last_error', message.slice(0, 500)],
      ['hsetnx', this.#meta, 'failing_since', msOf(time)],
      ['sadd', this.#connection.keys.names, this.name],
    ]);
  }

  async noteWarmUp(entries: number): Promise<void> {
    const [time] = await this.#run([['time']]);
    await this.#run([
      ['hset', this.#meta, 'warmed_at', msOf(time), 'warmed_entries', entries],
      ['sadd', this.#connection.keys.names, this.name],
    ]);
  }

  async status(): Promise<CacheStatus> {
    const { generation } = await this.moment();
    const [fields, entries] = await this.#run([
      ['hgetall', this.#meta],
      ['hlen', this.#connection.keys.entries(this.name, generation)],
    ]);
    const meta = fields as Record<string, string>;
    const hits = Number(meta['hits'] ?? 0);
    const misses = Number(meta['misses'] ?? 0);
    const warmedAt = isoOf(meta['warmed_at']);
    return {
      name: this.name,
      healthy: meta['failing_since'] === undefined,
      entries: Number(entries),
      hits,
      misses,
      hit_rate: hits + misses === 0 ? null : hits / (hits + misses),
      errors: Number(meta['errors'] ?? 0),
      last_error: meta['last_error'] ?? null,
      failing_since: isoOf(meta['failing_since']),
      last_warm_up:
        warmedAt === null ? null : { time: warmedAt, entries: Number(meta['warmed_entries'] ?? 0) },
    };
  }

  #entries({ generation }: CacheMoment): string {
    return this.#connection.keys.entries(this.name, generation);
  }

  #loading(key: string): string {
    return this.#connection.keys.loading(this.name, key);
  }
}

/** Of Redis' TIME. */
const msOf = (time: unknown): number => {
  const [seconds, micros] = time as [string, string];
  return Number(seconds) * 1000 + Math.floor(Number(micros) / 1000);
};
