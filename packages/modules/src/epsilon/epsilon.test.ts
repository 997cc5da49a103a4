import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { testRedis } from '@phi/testkit';
import type { TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStageRunner } from '../../fixtures/stage-runner.mjs';
import type { StageRunner } from '../../fixtures/stage-runner.mjs';
import type { CacheStatus } from '../contract/cache-job-request.js';
import { administerCaches } from './cache-administration.js';

const AIRPORTS = 'iata,city,altitude\nBER,Berlin,48\nCDG,Paris,119\nJFK,New York,4\n';

let base: string;
let corner: TestRedis;
let stages: StageRunner;
let server: Server;
let origin: string;
let asked: string[];
let answer: RequestListener;
/** Batches that upstream jobs published. */
let jobs: Record<string, Record<string, string>>;

const ingest = async (job: string, csv: string): Promise<void> => {
  await writeFile(join(base, 'source', `${job}.csv`), csv);
  const runner = createStageRunner(base, { execution_id: job });
  const { outputs } = await runner.run('ALPHA', { source: { path: `${job}.csv` } });
  jobs[job] = { batch: outputs?.['batch'] ?? '' };
};
const statusOf = async (name: string): Promise<CacheStatus | undefined> => {
  const caches = await administerCaches({ redis_url: corner.url, namespace: corner.namespace });
  try {
    return (await caches.status()).caches.find((cache) => cache.name === name);
  } finally {
    caches.close();
  }
};

const ofBatch = { name: 'airports', loader: { batch: { job: 'airports' }, key: 'iata' } };
const ofUrl = () => ({ name: 'airports', loader: { url: `${origin}/airports/{key}` } });
const epsilon = async (parameters: unknown) => stages.run('EPSILON', parameters, { jobs });
const columns = [{ field: 'city' }, { field: 'altitude', as: 'height', type: 'integer' }];
const enriched = async (enrichment: object, sql = 'SELECT * FROM flights ORDER BY id', more: object = {}) =>
  stages.run(
    'BETA',
    {
      inputs: { flights: { job: 'flights' } },
      enrichment: [{ cache: ofBatch, key: 'to', columns, ...enrichment }],
      profile: { sql },
      ...more,
    },
    { jobs },
  );

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'phi-epsilon-'));
  await mkdir(join(base, 'source'));
  corner = testRedis('epsilon');
  jobs = {};
  const cache = { redis_url: corner.url, namespace: corner.namespace };
  stages = createStageRunner(base, { cache, execution_id: 'e-1' });
  await ingest('airports', AIRPORTS);
  await ingest('flights', 'id,to\n1,BER\n2,XXX\n3,CDG\n4,BER\n5,\n');
  asked = [];
  answer = (request, response) => {
    const key = decodeURIComponent(request.url?.split('/').at(-1) ?? '');
    asked.push(key);
    if (key === 'XXX') response.writeHead(404).end();
    else response.end(JSON.stringify({ city: `city of ${key}`, altitude: 7, more: { than: 'needed' } }));
  };
  server = createServer((request, response) => {
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await corner.cleanup();
  await rm(base, { recursive: true, force: true });
});

describe('EPSILON', () => {
  it('warms a cache with everything that a batch has', async () => {
    expect(await epsilon({ warm: [{ cache: ofBatch }] })).toMatchObject({
      records_processed: 3,
      metrics: { records_loaded: 3 },
    });
    expect(await statusOf('airports')).toMatchObject({
      entries: 3,
      healthy: true,
      last_warm_up: { entries: 3 },
    });
  });

  it('warms it with the keys of a column, from a URL, at most once each', async () => {
    const keys_of = { batch: { job: 'flights' }, column: 'to' };
    expect(await epsilon({ warm: [{ cache: ofUrl(), keys_of }] })).toMatchObject({ records_processed: 2 });
    expect(asked.toSorted()).toEqual(['BER', 'CDG', 'XXX']);
    await epsilon({ warm: [{ cache: ofUrl(), keys: ['BER', 'a/b ?'] }] });
    expect(asked.slice(3)).toEqual(['a/b ?']);
  });

  it('invalidates keys, those that the events are about, or everything', async () => {
    const cache = { redis_url: corner.url, namespace: corner.namespace };
    const about = (...data: unknown[]) =>
      createStageRunner(base, { cache, events: data.map((datum) => ({ data: datum })) });
    const entries = async () => (await statusOf('airports'))?.entries;
    const from = { invalidate: [{ cache: 'airports', keys_from: 'data.iata' }] };
    await epsilon({ warm: [{ cache: ofBatch }] });
    await epsilon({ invalidate: [{ cache: 'airports', keys: ['JFK', 'none'] }] });
    expect(await entries()).toBe(2);
    expect(await about({ iata: 'BER' }).run('EPSILON', from)).toMatchObject({
      metrics: { entries_invalidated: 1 },
    });
    expect(await entries()).toBe(1);
    // An event that does not say what it is about may be about anything.
    await epsilon({ warm: [{ cache: ofBatch }] });
    await about({ iata: 'BER' }, { city: 'Paris' }).run('EPSILON', from);
    expect(await entries()).toBe(0);
    await epsilon({ invalidate: [{ cache: 'airports' }], warm: [{ cache: ofBatch }] });
    expect(await entries()).toBe(3);
  });

  it.each([
    [{}, 'expected invalidate, warm, or both'],
    [{ warm: [{ cache: { name: 'a' } }] }, 'parameters.EPSILON.warm.0.cache.loader: is missing'],
    [{ warm: [{ cache: { name: 'a', loader: { url: 'http://h/{key}' } } }] }, 'expected keys or keys_of'],
    [{ warm: [{ cache: { name: 'a', loader: { url: 'http://h/' } } }] }, 'warm.0.cache.loader'],
    [{ invalidate: [{ cache: 'a b' }] }, 'invalidate.0.cache: expected letters'],
    [{ warm: [{ cache: { name: 'a', loader: { batch: { job: 'x' }, key: 'k' } } }] }, 'published nothing'],
  ])('says what is wrong with %j', async (parameters, message) => {
    await expect(epsilon(parameters)).rejects.toMatchObject({
      code: 'EXEC_005_INVALID_CONFIG',
      message: expect.stringContaining(message),
    });
  });
});

describe('BETA, enrichment', () => {
  it('adds columns from a cache, with null where there is no record', async () => {
    expect(await stages.rowsOf(await enriched({}))).toEqual([
      { id: 1n, to: 'BER', city: 'Berlin', height: 48n },
      { id: 2n, to: 'XXX', city: null, height: null },
      { id: 3n, to: 'CDG', city: 'Paris', height: 119n },
      { id: 4n, to: 'BER', city: 'Berlin', height: 48n },
      { id: 5n, to: null, city: null, height: null },
    ]);
    expect(await statusOf('airports')).toMatchObject({ misses: 3, hits: 0 });
    await enriched({});
    expect(await statusOf('airports')).toMatchObject({ misses: 3, hits: 3 });
  });

  it('puts everything into the cache before when told to warm it', async () => {
    await enriched({ warm: true });
    expect(await statusOf('airports')).toMatchObject({
      entries: 4,
      misses: 1,
      hits: 2,
      last_warm_up: { entries: 3 },
    });
  });

  it('asks a URL once for each key, and not at all for what is cached', async () => {
    const result = await enriched({ cache: ofUrl() }, 'SELECT DISTINCT city FROM flights ORDER BY 1');
    expect(await stages.rowsOf(result)).toEqual([
      { city: 'city of BER' },
      { city: 'city of CDG' },
      { city: null },
    ]);
    await enriched({ cache: ofUrl() });
    expect(asked.toSorted()).toEqual(['BER', 'CDG', 'XXX']);
  });

  it('leaves rows without a record out, and keeps them with the reason', async () => {
    const result = await enriched({ on_missing: 'REJECT' }, 'SELECT id FROM flights ORDER BY id');
    expect(await stages.rowsOf(result)).toEqual([{ id: 1n }, { id: 3n }, { id: 4n }]);
    expect(result).toMatchObject({ records_processed: 5, records_failed: 2 });
    const text = await readFile(join(base, 'data', result.outputs?.['rejects'] ?? ''), 'utf8');
    expect(
      text
        .trim()
        .split('\n')
        .toSorted()
        .map((line): unknown => JSON.parse(line)),
    ).toEqual([
      { column: 'to', reason: 'is not in the cache airports', record: { id: 2, to: 'XXX' } },
      { column: 'to', reason: 'is not in the cache airports', record: { id: 5, to: null } },
    ]);
  });

  it('fails where a record is missing and must not be', async () => {
    await expect(enriched({ on_missing: 'FAIL' })).rejects.toMatchObject({
      code: 'EXEC_003_TRANSFORM_FAILED',
      message: 'the cache airports has no record for XXX, null in column to (on_missing: FAIL)',
    });
  });

  it('enriches one view from several caches, one after another', async () => {
    const zones = { name: 'zones', loader: { batch: { job: 'zones' }, key: 'city' } };
    await ingest('zones', 'city,zone\nBerlin,CET\n');
    const more = {
      enrichment: [
        { cache: ofBatch, key: 'to', columns: [{ field: 'city' }] },
        { cache: zones, key: 'city', columns: [{ field: 'zone' }] },
      ],
    };
    const result = await enriched(
      {},
      'SELECT id, zone FROM flights WHERE zone IS NOT NULL ORDER BY id',
      more,
    );
    expect(await stages.rowsOf(result)).toEqual([
      { id: 1n, zone: 'CET' },
      { id: 4n, zone: 'CET' },
    ]);
  });

  it('keeps no more of the cache in the reach of the statement than the columns', async () => {
    for (const sql of [
      `SELECT * FROM read_json('${join(base, 'work/other.ndjson')}')`,
      `SELECT * FROM read_parquet('${join(base, 'data', jobs['flights']?.['batch'] ?? '')}x')`,
    ])
      await expect(enriched({}, sql)).rejects.toMatchObject({
        message: expect.stringContaining('Permission Error'),
      });
  });

  it('says so when what it loads from is away, and the cache is unhealthy', async () => {
    answer = (_request, response) => response.writeHead(503).end();
    await expect(enriched({ cache: ofUrl() })).rejects.toMatchObject({ code: 'EXEC_018_CONNECTION_FAILED' });
    expect(await statusOf('airports')).toMatchObject({
      healthy: false,
      last_error: expect.stringContaining('answered 503'),
    });
    answer = (_request, response) => response.end('[1]');
    await expect(enriched({ cache: ofUrl() })).rejects.toThrow('expected a JSON object');
  });

  it('says so when there is no cache, or its Redis is away', async () => {
    stages = createStageRunner(base, { cache: { redis_url: 'redis://127.0.0.1:1', namespace: 'n' } });
    await expect(enriched({})).rejects.toMatchObject({ code: 'EXEC_024_CACHE_CONNECTION_FAILED' });
    stages = createStageRunner(base);
    await expect(enriched({})).rejects.toThrow('set PHI_CACHE_REDIS_URL');
  });

  it.each([
    [{ input: 'other' }, 'enrichment.0.input: there is no input "other"; there is: flights'],
    [{ columns: [] }, 'enrichment.0.columns'],
    [{ on_missing: 'SKIP' }, 'enrichment.0.on_missing'],
    [{ cache: { name: 'a', loader: { batch: { job: 'x' }, key: 'k' } } }, 'cache.loader.batch: job "x"'],
  ])('says what is wrong with %j', async (enrichment, message) => {
    await expect(enriched(enrichment)).rejects.toMatchObject({
      code: 'EXEC_005_INVALID_CONFIG',
      message: expect.stringContaining(message),
    });
  });
});
