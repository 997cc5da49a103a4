import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort, redisProgram, sharedRedisUrl, startRedisServer } from '@phi/testkit';
import { Redis } from 'ioredis';

import { provideRedis } from '../../scripts/redis/provide.mjs';
import { startServer } from '../../scripts/redis/server-process.mjs';

let dir: string;
const cleanups: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'phi-chain-'));
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  await rm(dir, { recursive: true, force: true });
});

async function provide(env: NodeJS.ProcessEnv): ReturnType<typeof provideRedis> {
  return provideRedis({ dir, cacheDir: dir, env });
}

async function withClient<T>(url: string, use: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await use(redis);
  } finally {
    redis.disconnect();
  }
}

describe('REDIS_URL', () => {
  it('goes before everything else, and is not stopped', async () => {
    const url = sharedRedisUrl();
    const redis = await provide({ REDIS_URL: url, PATH: '' });
    expect(redis).toMatchObject({ url, from: 'REDIS_URL' });
    await redis.stop();
    await expect(withClient(url, async (client) => client.ping())).resolves.toBe('PONG');
  });

  it('is refused in one line when nothing answers, without its password', async () => {
    const port = await freePort();
    await expect(provide({ REDIS_URL: `redis://me:secret@127.0.0.1:${port}` })).rejects.toThrow(
      `REDIS_URL (redis://me:…@127.0.0.1:${port}) is not usable: ECONNREFUSED`,
    );
  });

  it('is refused when it is no Redis URL', async () => {
    await expect(provide({ REDIS_URL: 'http://127.0.0.1' })).rejects.toThrow(
      'its scheme is http:// where redis:// or rediss:// is accepted',
    );
    await expect(provide({ REDIS_URL: 'localhost' })).rejects.toThrow('it is not a URL');
  });

  it('is refused when its password is wrong', async () => {
    const server = await startRedisServer({ config: { requirepass: 'right' } });
    cleanups.push(async () => server.stop());
    const at = (password: string): string => `redis://:${password}@127.0.0.1:${server.port}`;
    await expect(provide({ REDIS_URL: at('wrong') })).rejects.toThrow('WRONGPASS');
    await expect(provide({ REDIS_URL: server.url })).rejects.toThrow('NOAUTH');
    await expect(provide({ REDIS_URL: at('right') })).resolves.toMatchObject({ from: 'REDIS_URL' });
  });

  it('is refused when something else listens there', async () => {
    const other = await listenAndHangUp();
    await expect(provide({ REDIS_URL: `redis://127.0.0.1:${other}` })).rejects.toThrow(
      'the connection was closed',
    );
  });
});

describe('a server of our own', () => {
  it('listens on the loopback interface, never evicts and appends every write', async () => {
    const server = await startServer(redisProgram(), dir);
    cleanups.push(async () => server.stop());
    const config = await withClient(server.url, async (redis) =>
      redis.config('GET', 'bind', 'maxmemory-policy', 'appendonly'),
    );
    expect(new Set(config)).toEqual(
      new Set(['bind', '127.0.0.1', 'maxmemory-policy', 'noeviction', 'appendonly', 'yes']),
    );
  });

  it('continues with the data of the last start', async () => {
    const first = await startServer(redisProgram(), dir);
    await withClient(first.url, async (redis) => redis.set('kept', 'yes'));
    await first.stop();
    const second = await startServer(redisProgram(), dir);
    cleanups.push(async () => second.stop());
    await expect(withClient(second.url, async (redis) => redis.get('kept'))).resolves.toBe('yes');
  });

  it('ends a server that an earlier start left on the same data', async () => {
    const orphan = await startServer(redisProgram(), dir);
    cleanups.push(async () => orphan.stop());
    await withClient(orphan.url, async (redis) => redis.set('kept', 'yes'));
    const next = await startServer(redisProgram(), dir);
    cleanups.push(async () => next.stop());
    await expect(provide({ REDIS_URL: orphan.url })).rejects.toThrow('ECONNREFUSED');
    await expect(withClient(next.url, async (redis) => redis.get('kept'))).resolves.toBe('yes');
  });

  it('leaves alone a process that only has the number of an earlier server', async () => {
    await writeFile(path.join(dir, 'server.json'), JSON.stringify({ pid: process.pid, port: 1 }));
    const server = await startServer(redisProgram(), dir);
    cleanups.push(async () => server.stop());
    const note: unknown = JSON.parse(await readFile(path.join(dir, 'server.json'), 'utf8'));
    expect(note).toMatchObject({ port: server.port });
  });

  it('says why it does not start', async () => {
    const broken = { binary: '/bin/false', env: {} };
    await expect(startServer(broken, dir)).rejects.toThrow('Redis (/bin/false) did not start in');
  });
});

async function listenAndHangUp(): Promise<number> {
  const server = createServer((socket) => {
    socket.resume();
    socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  cleanups.push(async () => new Promise((resolve) => server.close(resolve)));
  return (server.address() as AddressInfo).port;
}
