import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  freePort,
  ProcessFixture,
  startRedisServer,
  type ProcessGroup,
  type RedisServer,
} from '@phi/testkit';
import { Redis } from 'ioredis';

import { READY, ROOT } from './fixture/phi.js';

const UNSAFE = { 'maxmemory-policy': 'allkeys-lru', appendonly: 'no' };
const APPS = ['scheduler', 'executor', 'recovery', 'api'];

const processes = new ProcessFixture();
let dataDir: string;
let redis: RedisServer;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'phi-refused-'));
});
afterEach(async () => {
  await processes.killAll();
  await redis.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const start = async (app: string, env: Readonly<Record<string, string>> = {}): Promise<ProcessGroup> =>
  processes.node(join(ROOT, 'apps', app, 'dist', 'main.js'), [], {
    name: app,
    env: { REDIS_URL: redis.url, PHI_DATA_DIR: dataDir, PHI_API_PORT: String(await freePort()), ...env },
    cwd: dataDir,
  });

describe('a Redis that may lose its data', () => {
  beforeEach(async () => {
    redis = await startRedisServer({ config: UNSAFE });
  });

  it.each(APPS)('is refused by the %s, which says all that is wrong with it', async (app) => {
    const service = await start(app);
    expect(await service.ended).toEqual({ code: 2, signal: null });
    const said = service.output.all.filter((line) => line.startsWith(`${app}: `)).join('\n');
    expect(said).toMatch(/maxmemory-policy.*allkeys-lru.*accepted.*noeviction.*PHI_ENV=development/i);
    expect(said).toMatch(/appendonly.*accepted.*CONFIG SET appendonly yes/i);
  });

  it('is complained of in development', async () => {
    const service = await start('recovery', { PHI_ENV: 'development' });
    await service.output.waitFor(READY);
    expect(service.output.all.filter((line) => line.includes('STATE_052_UNSAFE_REDIS'))).toHaveLength(2);
  });
});

it('one that is set up otherwise while services run is told of, and they run on', async () => {
  redis = await startRedisServer();
  const service = await start('recovery');
  await service.output.waitFor(READY);
  const admin = new Redis(redis.url);
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  await admin.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  admin.disconnect();
  expect(await service.output.waitFor('"alert":"UNSAFE_REDIS"')).toContain('allkeys-lru');
  expect(service.isRunning).toBe(true);
});

it('DURABILITY=LOCAL needs a server that can say when a write is on disk', async () => {
  redis = await startRedisServer();
  const admin = new Redis(redis.url);
  const [known] = (await admin.call('COMMAND', 'INFO', 'WAITAOF')) as unknown[];
  admin.disconnect();
  const service = await start('recovery', { DURABILITY: 'LOCAL' });
  if (known !== null) {
    await service.output.waitFor(READY);
    return;
  }
  expect(await service.ended).toEqual({ code: 2, signal: null });
  expect(service.output.all.join('\n')).toMatch(/DURABILITY.*has no WAITAOF/);
});
