import { once } from 'node:events';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createStageRunner } from '../../fixtures/stage-runner.mjs';
import type { StageRunner } from '../../fixtures/stage-runner.mjs';

const CSV = 'id\n1\n2\n';

let base: string;
let stages: StageRunner;
let server: Server;
let origin: string;
let seen: { url: string | undefined; headers: IncomingHttpHeaders }[];
let answer: RequestListener;

const ingest = async (url: string, more: object = {}) =>
  stages.run('ALPHA', { source: { url: `${origin}${url}`, ...more } });

beforeEach(async () => {
  base = await mkdtemp(join(tmpdir(), 'phi-alpha-'));
  await mkdir(join(base, 'source'));
  seen = [];
  answer = (_request, response) => response.end(CSV);
  server = createServer((request, response) => {
    seen.push({ url: request.url, headers: request.headers });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  origin = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  stages = createStageRunner(base, { http_allow: ['127.0.0.1'] });
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await rm(base, { recursive: true, force: true });
});

describe('ALPHA, sources over HTTP', () => {
  it('ingests what is behind a URL, with the headers given', async () => {
    const result = await ingest('/in/a.csv?x=1', { http: { headers: { 'X-Api-Key': 's3cret' } } });
    expect(await stages.rowsOf(result)).toEqual([{ id: 1n }, { id: 2n }]);
    expect(seen).toEqual([
      { url: '/in/a.csv?x=1', headers: expect.objectContaining({ 'x-api-key': 's3cret' }) },
    ]);
  });

  it('ingests several, in their order', async () => {
    answer = (request, response) => response.end(`id\n${request.url === '/b.csv' ? '1' : '2'}\n`);
    const urls = [`${origin}/b.csv`, `${origin}/a.csv`];
    expect(await stages.rowsOf(await stages.run('ALPHA', { source: { urls } }))).toEqual([
      { id: 1n },
      { id: 2n },
    ]);
  });

  it.each([
    ['gzip', gzipSync(CSV)],
    ['br', brotliCompressSync(CSV)],
    ['gzip, br', brotliCompressSync(gzipSync(CSV))],
  ])('unpacks what is sent as %s', async (encoding, packed) => {
    answer = (_request, response) => response.setHeader('content-encoding', encoding).end(packed);
    expect(await stages.rowsOf(await ingest('/a.csv'))).toHaveLength(2);
  });

  it('unpacks a packed file', async () => {
    answer = (_request, response) => response.end(gzipSync(CSV));
    expect(await stages.rowsOf(await ingest('/a.csv.gz'))).toHaveLength(2);
  });

  it.each([
    [500, 'EXEC_018_CONNECTION_FAILED'],
    [503, 'EXEC_018_CONNECTION_FAILED'],
    [408, 'EXEC_018_CONNECTION_FAILED'],
    [429, 'EXEC_019_RATE_LIMITED'],
    [401, 'EXEC_020_PERMISSION_DENIED'],
    [403, 'EXEC_020_PERMISSION_DENIED'],
    [404, 'EXEC_001_INGESTION_FAILED'],
    [410, 'EXEC_001_INGESTION_FAILED'],
    [206, 'EXEC_001_INGESTION_FAILED'],
    [204, 'EXEC_001_INGESTION_FAILED'],
  ])('fails at status %i as %s, without the query in the message', async (status, code) => {
    answer = (_request, response) => response.writeHead(status).end();
    await expect(ingest('/a.csv?token=s3cret')).rejects.toMatchObject({
      code,
      message: `${origin}/a.csv answered ${String(status)}`,
    });
  });

  it('takes an answer that breaks off for a failed connection', async () => {
    answer = (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write(CSV, () => response.destroy());
    };
    await expect(ingest('/a.csv')).rejects.toMatchObject({ code: 'EXEC_018_CONNECTION_FAILED' });
  });

  it('takes an answer that is packed and cut off for no whole one', async () => {
    const packed = gzipSync(CSV.repeat(1000));
    answer = (_request, response) =>
      response.setHeader('content-encoding', 'gzip').end(packed.subarray(0, packed.length - 10));
    await expect(ingest('/a.csv')).rejects.toMatchObject({ code: 'EXEC_018_CONNECTION_FAILED' });
  });

  it('takes a server that is not there for a failed connection', async () => {
    // A port that nothing listens on: privileged, and no service of a test machine.
    const url = 'http://127.0.0.1:1/a.csv';
    await expect(stages.run('ALPHA', { source: { url } })).rejects.toMatchObject({
      code: 'EXEC_018_CONNECTION_FAILED',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('gives up after timeout_seconds', async () => {
    answer = (_request, response) => response.write('id\n');
    await expect(ingest('/a.csv', { http: { timeout_seconds: 0.3 } })).rejects.toMatchObject({
      code: 'EXEC_018_CONNECTION_FAILED',
      message: expect.stringContaining('longer than source.http.timeout_seconds (0.3)'),
    });
  });

  it('ends at once when it is told to', async () => {
    const stop = new AbortController();
    answer = (_request, response) => {
      response.write('id\n');
      stop.abort(new Error('enough'));
    };
    stages = createStageRunner(base, { http_allow: ['127.0.0.1'], signal: stop.signal });
    await expect(ingest('/a.csv')).rejects.toThrow('enough');
  });

  it.each([['plain'], ['packed']])('refuses what is larger than max_bytes: %s', async (kind) => {
    const text = `id\n${'1\n'.repeat(50_000)}`;
    answer = (_request, response) =>
      kind === 'plain'
        ? response.end(text)
        : response.setHeader('content-encoding', 'gzip').end(gzipSync(text));
    await expect(ingest('/a.csv', { max_bytes: 10_000 })).rejects.toMatchObject({
      code: 'EXEC_001_INGESTION_FAILED',
      message: `${origin}/a.csv has more than source.max_bytes (10000)`,
    });
  });

  it('follows a redirect, and tells another origin nothing of the headers', async () => {
    answer = (request, response) => {
      if (request.url === '/a.csv') response.writeHead(302, { location: '/b.csv' }).end();
      else if (request.url === '/b.csv')
        response.writeHead(307, { location: `${origin.replace('127.0.0.1', 'localhost')}/c.csv` }).end();
      else response.end(CSV);
    };
    stages = createStageRunner(base, { http_allow: ['127.0.0.1', 'localhost'] });
    const result = await ingest('/a.csv', { http: { headers: { authorization: 'Bearer s3cret' } } });
    expect(await stages.rowsOf(result)).toHaveLength(2);
    expect(seen.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      ['/a.csv', 'Bearer s3cret'],
      ['/b.csv', 'Bearer s3cret'],
      ['/c.csv', undefined],
    ]);
  });

  it.each(['http://169.254.169.254/latest/meta-data', 'http://[::ffff:7f00:1]/', 'http://0x7f.1:1/'])(
    'follows no redirect to %s',
    async (location) => {
      answer = (_request, response) => response.writeHead(302, { location }).end();
      stages = createStageRunner(base, { http_allow: [new URL(origin).host] });
      await expect(ingest('/a.csv')).rejects.toMatchObject({ code: 'EXEC_020_PERMISSION_DENIED' });
    },
  );

  it('gives up a circle of redirects, and one that leads out of HTTP', async () => {
    answer = (_request, response) => response.writeHead(302, { location: '/a.csv' }).end();
    await expect(ingest('/a.csv')).rejects.toThrow('redirects more than 5 times');
    answer = (_request, response) => response.writeHead(302, { location: 'file:///etc/passwd' }).end();
    await expect(ingest('/a.csv')).rejects.toThrow('redirects to file:, which is not HTTP');
  });

  it.each([
    [{ url: 'ftp://host/a.csv' }, 'source.url: expected an absolute URL'],
    [{ url: 'http://host/a.csv', path: 'a.csv' }, 'exactly one of path, paths, url, urls'],
    [{ path: 'a.csv', http: {} }, 'source.http: is for sources with url or urls'],
    [
      { url: 'http://host/a.csv', http: { headers: { 'a b': 'x' } } },
      'http.headers: expected names of HTTP headers',
    ],
    [{ url: 'http://host/a.csv', http: { headers: { a: 'x\r\ny: z' } } }, 'without line breaks'],
  ])('says what is wrong with %j', async (source, message) => {
    await expect(stages.run('ALPHA', { source })).rejects.toMatchObject({
      code: 'EXEC_005_INVALID_CONFIG',
      message: expect.stringContaining(message),
    });
  });
});
