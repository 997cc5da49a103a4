import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import {
  freePort,
  ProcessFixture,
  startRedisServer,
  testRedis,
  type ProcessGroup,
  type RedisServer,
} from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const JOB = { job_id: 'a', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };

describe('the API as a process', () => {
  const processes = new ProcessFixture();
  let dir: string;

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'phi-api-'));
  });
  afterEach(async () => {
    await processes.killAll();
    await rm(dir, { recursive: true, force: true });
  });

  const start = (env: Record<string, string>): Promise<ProcessGroup> =>
    processes.node(MAIN, [], {
      env: { PHI_DATA_DIR: dir, PHI_API_PORT: '0', PHI_LOG_LEVEL: 'info', ...env },
    });

  /** Long before Redis is back, however busy this machine is. */
  const soon = (): AbortSignal => AbortSignal.timeout(20_000);

  async function addressOf(api: ProcessGroup): Promise<string> {
    const line = await api.output.waitFor('"msg":"ready"');
    return `http://127.0.0.1:${String((JSON.parse(line) as { port: number }).port)}`;
  }
  async function authorized(): Promise<Record<string, string>> {
    const key = (await readFile(path.join(dir, 'admin.key'), 'utf8')).trim();
    return { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  }
  /** Asks again until the answer has the status; the test's own time limit ends a vain wait. */
  async function untilStatus(
    url: string,
    headers: Record<string, string>,
    status: number,
  ): Promise<Response> {
    for (;;) {
      const answer = await fetch(url, { headers });
      if (answer.status === status) return answer;
      await answer.arrayBuffer();
    }
  }

  describe('with a Redis that goes away', () => {
    let redis: RedisServer;

    beforeEach(async () => {
      redis = await startRedisServer({ config: { appendonly: 'no' } });
    });
    afterEach(() => redis.stop());

    it('answers 503 while it is away, recovers by itself, and sets up a Redis that lost everything', async () => {
      const api = await start({ REDIS_URL: redis.url, PHI_ENV: 'development' });
      const address = await addressOf(api);
      const headers = await authorized();
      const applied = await fetch(`${address}/v1/apply`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ jobs: [JOB] }),
      });
      expect(applied.status).toBe(200);

      await redis.kill();
      const away = await untilStatus(`${address}/v1/jobs`, headers, 503);
      expect(away.headers.get('retry-after')).toBe('2');
      expect(await away.json()).toMatchObject({ status: 503, code: expect.stringContaining('UNAVAILABLE') });
      const trigger = await fetch(`${address}/v1/jobs/a/trigger`, {
        method: 'POST',
        headers,
        body: '{}',
        signal: soon(),
      });
      expect(trigger.status).toBe(503);
      expect((await fetch(`${address}/health/live`)).status).toBe(200);
      expect((await fetch(`${address}/health/ready`)).status).toBe(503);
      expect((await fetch(`${address}/v1/jobs`)).status).toBe(401);

      await redis.restart();
      const jobs = await untilStatus(`${address}/v1/jobs`, headers, 200);
      expect(await jobs.json()).toEqual({ items: [] });
      const limits = await untilStatus(`${address}/v1/limits`, headers, 200);
      expect(await limits.json()).toMatchObject({ limits: { global: 50 } });
      expect(await api.stop()).toEqual({ code: 0, signal: null });
    });

    it('answers 503 when Redis does not answer', async () => {
      const api = await start({ REDIS_URL: redis.url, PHI_ENV: 'development' });
      const address = await addressOf(api);
      const headers = await authorized();
      redis.pause();
      const [jobs, ready] = await Promise.all([
        fetch(`${address}/v1/jobs`, { headers, signal: soon() }),
        fetch(`${address}/health/ready`, { signal: soon() }),
      ]);
      expect([jobs.status, ready.status]).toEqual([503, 503]);
      redis.resume();
      await untilStatus(`${address}/v1/jobs`, headers, 200);
    });

    it.each(['killed', 'paused'])('stops in time while Redis is %s', async (how) => {
      const api = await start({ REDIS_URL: redis.url, PHI_ENV: 'development' });
      const address = await addressOf(api);
      const headers = await authorized();
      if (how === 'killed') await redis.kill();
      else redis.pause();
      const underWay = Promise.allSettled([fetch(`${address}/v1/jobs`, { headers })]);
      expect(await api.stop()).toEqual({ code: 0, signal: null });
      await underWay;
      if (how === 'paused') redis.resume();
    });
  });

  it('starts before Redis does, and is ready once it is there', async () => {
    const port = await freePort();
    const api = await start({ REDIS_URL: `redis://127.0.0.1:${String(port)}` });
    await api.output.waitFor('connection to Redis lost');
    const redis = await startRedisServer({ port });
    try {
      const address = await addressOf(api);
      expect((await fetch(`${address}/v1/jobs`, { headers: await authorized() })).status).toBe(200);
    } finally {
      await redis.stop();
    }
  });

  it('leaves limits that were set as they are, and uses its key again', async () => {
    const corner = testRedis('api');
    const env = { REDIS_URL: corner.url, PHI_NAMESPACE: corner.namespace };
    try {
      const first = await start(env);
      const headers = await authorizedOnceReady(first);
      const body = JSON.stringify({ jobs: [], limits: { global_max_concurrent: 3 } });
      expect(
        (await fetch(`${await addressOf(first)}/v1/apply`, { method: 'POST', headers, body })).status,
      ).toBe(200);
      await first.stop();
      const second = await start(env);
      const limits = await fetch(`${await addressOf(second)}/v1/limits`, { headers });
      expect(await limits.json()).toMatchObject({ limits: { global: 3 } });
      await second.stop();
    } finally {
      await corner.cleanup();
    }
  });

  async function authorizedOnceReady(api: ProcessGroup): Promise<Record<string, string>> {
    await addressOf(api);
    return authorized();
  }

  it('says in one line that its port is taken, and ends with status 1', async () => {
    const { server, port } = await occupyPort();
    const corner = testRedis('api');
    try {
      const api = await start({
        REDIS_URL: corner.url,
        PHI_NAMESPACE: corner.namespace,
        PHI_API_PORT: String(port),
        PHI_LOG_LEVEL: 'silent',
      });
      expect(await api.ended).toEqual({ code: 1, signal: null });
      expect(api.output.all).toEqual([
        `api: port ${String(port)} of 127.0.0.1 is taken; set PHI_API_PORT to a free one`,
      ]);
    } finally {
      server.close();
      await corner.cleanup();
    }
  });

  it('names every wrong variable at once, and ends with status 2', async () => {
    const api = await start({
      REDIS_URL: 'nowhere',
      PHI_API_PORT: '99999',
      EXECUTOR_PARALLELISM: 'many',
      PHI_API_HOST: '',
    });
    expect(await api.ended).toEqual({ code: 2, signal: null });
    const named = api.output.all.map((line) => line.split(':')[1]?.trim());
    expect(named.sort()).toEqual(['EXECUTOR_PARALLELISM', 'PHI_API_HOST', 'PHI_API_PORT', 'REDIS_URL']);
  });
});

async function occupyPort(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, port: typeof address === 'object' && address !== null ? address.port : 0 };
}
