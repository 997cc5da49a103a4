import { testRedis } from '@phi/testkit';
import type { TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { cacheDefinitionSchema } from '../contract/cache-definition.js';
import { administerCaches } from './cache-administration.js';
import { connectCaches } from './cache-connection.js';
import type { CacheConnection } from './cache-connection.js';
import type { CachedRecord } from './cache-entry.js';
import { LookupCache } from './lookup-cache.js';
import type { RecordLoader } from './lookup-cache.js';

let corner: TestRedis;
let connection: CacheConnection;

/** Answers `{of: <key>}` for what does not begin with "no", and remembers what it was asked. */
class Loader implements RecordLoader {
  /** Longer than any of these tests may take. */
  readonly withinMs = 60_000;
  readonly keysAtOnce = 1000;
  readonly asked: string[][] = [];
  /** Called in the middle of each load. */
  meanwhile: () => Promise<void> = () => Promise.resolve();
  record: (key: string) => CachedRecord | null = (key) => (key.startsWith('no') ? null : { of: key });

  async load(keys: readonly string[]) {
    this.asked.push([...keys]);
    const found = new Map(keys.map((key) => [key, this.record(key)]));
    await this.meanwhile();
    return found;
  }
}

const cacheOf = (loader?: RecordLoader, settings: object = {}): LookupCache =>
  new LookupCache(
    connection,
    cacheDefinitionSchema.parse({ name: 'places', ...settings }),
    loader,
    new AbortController().signal,
  );
const entriesKey = () => connection.keys.entries('places', '0');

beforeEach(async () => {
  corner = testRedis('cache');
  connection = await connectCaches({ redis_url: corner.url, namespace: corner.namespace });
});
afterEach(async () => {
  connection.close();
  await corner.cleanup();
});

describe('LookupCache', () => {
  it('loads what it does not have, once, and remembers that there is none', async () => {
    const loader = new Loader();
    const cache = cacheOf(loader);
    expect(await cache.getMany(['a', 'none', 'a'])).toEqual(
      new Map([
        ['a', { of: 'a' }],
        ['none', null],
      ]),
    );
    expect(await cache.getMany(['none', 'a', 'b'])).toEqual(
      new Map([
        ['none', null],
        ['a', { of: 'a' }],
        ['b', { of: 'b' }],
      ]),
    );
    expect(await cache.get('a')).toEqual({ of: 'a' });
    expect(loader.asked).toEqual([['a', 'none'], ['b']]);
    expect(await cache.status()).toMatchObject({
      healthy: true,
      entries: 3,
      hits: 3,
      misses: 3,
      hit_rate: 0.5,
    });
  });

  it('answers from what is there without a loader', async () => {
    await cacheOf(new Loader()).get('a');
    expect(await cacheOf().getMany(['a', 'b'])).toEqual(
      new Map([
        ['a', { of: 'a' }],
        ['b', null],
      ]),
    );
  });

  it('loads a key once for all who ask at the same time', async () => {
    const loader = new Loader();
    let release = (): void => undefined;
    loader.meanwhile = () => new Promise((resolve) => (release = resolve));
    const first = cacheOf(loader).getMany(['a', 'b']);
    while (loader.asked.length === 0) await connection.redis.ping();
    const others = [cacheOf(loader).getMany(['b']), cacheOf(loader).getMany(['a', 'b'])];
    await connection.redis.ping();
    release();
    expect(await first).toEqual(
      new Map([
        ['a', { of: 'a' }],
        ['b', { of: 'b' }],
      ]),
    );
    expect(await Promise.all(others)).toEqual([
      new Map([['b', { of: 'b' }]]),
      new Map([
        ['a', { of: 'a' }],
        ['b', { of: 'b' }],
      ]),
    ]);
    expect(loader.asked).toEqual([['a', 'b']]);
  });

  it('loads each key once, whenever they ask', async () => {
    const loader = new Loader();
    const keys = Array.from({ length: 30 }, (_, index) => `k${String(index)}`);
    const asking = keys.flatMap((key) =>
      Array.from({ length: 8 }, async (_, index) => {
        for (let turn = 0; turn < index; turn += 1) await connection.redis.ping();
        return cacheOf(loader).get(key);
      }),
    );
    expect(await Promise.all(asking)).toEqual(
      keys.flatMap((key) => Array.from({ length: 8 }, () => ({ of: key }))),
    );
    expect(loader.asked.flat().toSorted()).toEqual(keys.toSorted());
  });

  it('loads itself what another has failed to load', async () => {
    const failing = new Loader();
    let fail = (): void => undefined;
    failing.meanwhile = () =>
      new Promise((_resolve, reject) => (fail = () => reject(new Error('the source is away'))));
    const first = cacheOf(failing).get('a');
    while (failing.asked.length === 0) await connection.redis.ping();
    const second = cacheOf(new Loader()).get('a');
    fail();
    await expect(first).rejects.toThrow('the source is away');
    expect(await second).toEqual({ of: 'a' });
  });

  it('is unhealthy from a failure to the next success', async () => {
    const loader = new Loader();
    loader.meanwhile = () => Promise.reject(new Error('the source is away'));
    await expect(cacheOf(loader).get('a')).rejects.toThrow('the source is away');
    const administration = await administerCaches({ redis_url: corner.url, namespace: corner.namespace });
    expect(await administration.status()).toMatchObject({
      healthy: false,
      caches: [{ name: 'places', healthy: false, errors: 1, last_error: 'the source is away' }],
    });
    await cacheOf(new Loader()).get('a');
    expect(await administration.status()).toMatchObject({
      healthy: true,
      caches: [{ healthy: true, failing_since: null, errors: 1 }],
    });
    administration.close();
  });

  it('forgets keys, or everything, also what is being loaded meanwhile', async () => {
    const loader = new Loader();
    const cache = cacheOf(loader);
    await cache.getMany(['a', 'b']);
    expect(await cache.invalidate(['a', 'c'])).toBe(1);
    await cache.getMany(['a', 'b']);
    expect(loader.asked).toEqual([['a', 'b'], ['a']]);
    expect(await cache.invalidate()).toBe(2);

    for (const keys of [['a'], undefined]) {
      const old = new Loader();
      old.record = () => ({ of: 'yesterday' });
      old.meanwhile = async () => void (await cacheOf().invalidate(keys));
      // Whoever asked before may get what was loaded before,
      expect(await cacheOf(old).get('a')).toEqual({ of: 'yesterday' });
      // but nobody who asks afterwards.
      expect(await cacheOf(new Loader()).get('a')).toEqual({ of: 'a' });
      await cacheOf().invalidate();
    }
  });

  it('takes nothing that has expired', async () => {
    const loader = new Loader();
    const cache = cacheOf(loader, { ttl_seconds: 100, negative_ttl_seconds: 10 });
    await cache.getMany(['a', 'none']);
    const { now } = await (async () => ({ now: Number((await connection.redis.time())[0]) }))();
    const expiries = Object.fromEntries(
      Object.entries(await connection.redis.hgetall(entriesKey())).map(([key, text]) => [
        key,
        Number.parseInt(text.split(':')[0] ?? '', 36) - now,
      ]),
    );
    expect(expiries['a']).toBeGreaterThan(90);
    expect(expiries['none']).toBeLessThanOrEqual(10);
    await connection.redis.hset(entriesKey(), 'a', `${now.toString(36)}:{"of":"old"}`);
    expect(await cache.get('a')).toEqual({ of: 'a' });
    expect(loader.asked).toHaveLength(2);
    expect(await connection.redis.ttl(entriesKey())).toBeGreaterThan(90);
  });

  it('keeps no more entries than it may, and no record that is too large', async () => {
    const loader = new Loader();
    const cache = cacheOf(loader, { max_entries: 50, max_record_bytes: 100 });
    const keys = Array.from({ length: 2500 }, (_, index) => `k${String(index)}`);
    expect((await cache.getMany(keys)).size).toBe(2500);
    expect(await connection.redis.hlen(entriesKey())).toBe(50);
    loader.record = () => ({ text: 'x'.repeat(200) });
    await cache.invalidate();
    expect(await cache.get('large')).toEqual({ text: 'x'.repeat(200) });
    expect((await cache.status()).entries).toBe(0);
  });

  it('remembers no absence where it must not', async () => {
    const loader = new Loader();
    const cache = cacheOf(loader, { negative_ttl_seconds: 0 });
    await cache.get('none');
    await cache.get('none');
    expect(loader.asked).toHaveLength(2);
  });

  it('touches nothing of the state of Phi, and leaves nothing without an end but its counts', async () => {
    await cacheOf(new Loader()).getMany(['a', 'b']);
    const keys = await corner.keys();
    expect(keys.filter((key) => !key.startsWith(`phi:{${corner.namespace}/cache}:`))).toEqual([]);
    expect(keys.map((key) => key.split(':')[2]).toSorted()).toEqual(['entries', 'meta', 'names']);
  });

  it('says that its Redis is away', async () => {
    await expect(connectCaches({ redis_url: 'redis://127.0.0.1:1', namespace: 'n' })).rejects.toMatchObject({
      code: 'EXEC_024_CACHE_CONNECTION_FAILED',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });
});
