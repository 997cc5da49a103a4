import { readdir, readFile, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { startRedisServer, startTcpProxy, type RedisServer, type TcpProxy } from '@phi/testkit';
import { Redis } from 'ioredis';

import { ApiFailure } from './fixture/api-client.js';
import { gatedJob } from './fixture/gated-job.js';
import { handlers } from './fixture/handlers.js';
import { Phi, SHORTEST_LEASE } from './fixture/phi.js';

const PRIMARY = { 'repl-diskless-sync-delay': '0' };
const FOUND = '"alert":"DATA_LOSS"';

interface Losses {
  readonly items: readonly { readonly kind: string; readonly kept_until: string | null }[];
}

let redis: RedisServer;
let replica: RedisServer | undefined;
let way: TcpProxy;
let phi: Phi;
let admin: Redis;

beforeEach(async () => {
  replica = undefined;
  redis = await startRedisServer({ config: PRIMARY });
  way = await startTcpProxy(redis.port);
  admin = new Redis(redis.url);
  admin.on('error', () => undefined);
  phi = await Phi.start({
    redis,
    executors: 1,
    env: { ...SHORTEST_LEASE, REDIS_URL: way.url, PHI_HANDLERS: handlers('GATED') },
  });
});
afterEach(async () => {
  admin.disconnect();
  await phi.stop();
  await way.close();
  await replica?.stop();
});

/** Waits until services have kept a mark from after this moment outside Redis. */
const untilMarked = async (): Promise<void> => {
  const now = Date.now();
  const kept = async (): Promise<number> =>
    (JSON.parse(await readFile(join(phi.dataDir, 'epochs', 'e2e.json'), 'utf8')) as { mark: number }).mark;
  await phi.api.until('a mark of now', kept, (mark) => mark > now);
};

/** Waits until what Redis has answered is in its file: where syncing that takes long, writing waits for it. */
const untilAppended = async (): Promise<void> => {
  await phi.api.until(
    'everything to be appended',
    () => admin.info('persistence'),
    (info) => info.includes('aof_buffer_length:0\r\n'),
  );
};

/** The service that was the first to find a loss. */
const found = (): Promise<string> => Promise.any(phi.running.map(({ output }) => output.waitFor(FOUND)));

const statusOf = async (executionId: string): Promise<string | number> => {
  try {
    return (await phi.api.execution(executionId)).status;
  } catch (error) {
    if (error instanceof ApiFailure && error.status !== 503) return error.status;
    throw error;
  }
};

/** Reported once, degraded until it is acknowledged. */
const expectReported = async (loss: object): Promise<void> => {
  const { redis_status, overall_status } = await phi.api.until(
    'the loss to be in the health status',
    () => phi.api.health(),
    (health) => health.redis_status.includes('Redis lost'),
  );
  expect(redis_status).toMatch(/^DEGRADED: Redis lost .* \(STATE_051_DATA_LOST\)$/);
  expect(overall_status).not.toBe('HEALTHY');
  const lines = phi.running.flatMap(({ output }) => output.all.filter((line) => line.includes(FOUND)));
  expect(lines).toHaveLength(1);
  const { items } = await phi.api.post<Losses>('/v1/data-losses/acknowledge', {});
  expect(items).toEqual([expect.objectContaining(loss)]);
  expect((await phi.api.health()).redis_status).toBe('HEALTHY');
};

it('the end of the append-only file is gone: said, and what ran then is repeated and ends once', async () => {
  await phi.api.apply({ jobs: [gatedJob('gated'), gatedJob('late')] });
  const runId = await phi.api.trigger('gated');
  await phi.api.running(runId, 'gated');
  await untilAppended();
  const [aof] = (await readdir(join(redis.dir, 'appendonlydir'))).filter((name) => name.includes('.incr.'));
  const file = join(redis.dir, 'appendonlydir', aof ?? '');
  const kept = (await stat(file)).size;

  await phi.openGate('gated');
  expect((await phi.api.ended(runId)).status).toBe('succeeded');
  const late = await phi.api.trigger('late');
  await untilMarked();
  const services = phi.running.length;
  await redis.kill();
  await truncate(file, kept);
  await redis.restart();

  await found();
  await expectReported({ kind: 'TAIL', kept_until: expect.any(String) });
  const { status, executions } = await phi.api.until(
    'the run to end once more',
    () => phi.api.run(runId),
    (run) => run.status !== 'running',
    180_000,
  );
  expect(status).toBe('succeeded');
  expect(executions.map(({ attempt_number, status: ended }) => ({ attempt_number, ended }))).toEqual([
    { attempt_number: 1, ended: 'FAILED' },
    { attempt_number: 2, ended: 'COMPLETED' },
  ]);
  expect(await statusOf(late)).toBe(404);
  expect(phi.running).toHaveLength(services);
});

it('everything is gone: said, nothing crashes or runs on, and what is applied again works', async () => {
  const everySecond = { schedule: { schedule_type: 'CRON', cron_expression: '* * * * * *' } };
  const jobs = [gatedJob('gated'), gatedJob('ticking', everySecond)];
  await phi.openGate('ticking');
  await phi.api.apply({ jobs });
  const runId = await phi.api.trigger('gated');
  await phi.api.running(runId, 'gated');
  const holder = await phi.holderOf(runId);
  await untilMarked();
  const services = phi.running.length;

  await admin.flushall();

  await found();
  await holder.output.waitFor('lease lost; killing what ran under it');
  // The keys are gone as well, until the API has noticed by itself.
  await phi.api.until(
    'the key to be known again',
    () => statusOf(runId),
    (status) => status !== 401,
  );
  await expectReported({ kind: 'DATA_SET', kept_until: null });
  expect(await statusOf(runId)).toBe(404);
  await phi.api.apply({ jobs });
  await phi.openGate('gated');
  expect((await phi.api.ended(await phi.api.trigger('gated'))).status).toBe('succeeded');
  const ticks = await phi.api.until(
    'a schedule to fire again',
    () => phi.api.allTicks('ticking.schedule'),
    (entries) => entries.some(({ outcome }) => outcome === 'FIRED'),
  );
  expect(ticks.map(({ outcome }) => outcome)).not.toContain('MISSED');
  expect(phi.running).toHaveLength(services);
});

describe('failover', () => {
  beforeEach(async () => {
    replica = await startRedisServer({
      config: { ...PRIMARY, replicaof: `127.0.0.1 ${String(redis.port)}` },
    });
    await admin.set('before', 'the replica follows');
    while ((await admin.wait(1, 1000)) < 1);
  });

  const onReplica = async (...command: [string, ...string[]]): Promise<void> => {
    const client = new Redis(replica?.url ?? '');
    await client.call(...command);
    client.disconnect();
  };

  const expectWorks = async (job: string): Promise<void> => {
    await phi.openGate(job);
    const runId = await phi.api.until(
      'a job to be started',
      () => phi.api.trigger(job),
      () => true,
    );
    expect((await phi.api.ended(runId)).status).toBe('succeeded');
  };

  it('a primary that is demoted is left for the new one, and nothing counts as lost', async () => {
    await phi.api.apply({ jobs: [gatedJob('before'), gatedJob('after')] });
    await expectWorks('before');
    while ((await admin.wait(1, 1000)) < 1);
    way.leadTo(replica?.port ?? 0);
    // Like Sentinel and its like: the primary takes no writes before another does.
    await admin.client('PAUSE', 60_000, 'WRITE');
    while ((await admin.wait(1, 1000)) < 1);
    await onReplica('REPLICAOF', 'NO', 'ONE');
    await admin.replicaof('127.0.0.1', replica?.port ?? 0);
    await admin.client('UNPAUSE');

    // The library goes as well.
    await onReplica('FUNCTION', 'FLUSH');
    await expectWorks('after');
    await untilMarked();
    expect((await phi.api.health()).redis_status).toBe('HEALTHY');
    expect(await admin.info('replication')).toContain('role:slave');
  });

  it('a replica that had fallen behind is promoted: said', async () => {
    await phi.api.apply({ jobs: [gatedJob('gated'), gatedJob('late')] });
    while ((await admin.wait(1, 1000)) < 1);
    await onReplica('REPLICAOF', 'NO', 'ONE');
    const late = await phi.api.trigger('late');
    await untilMarked();
    way.leadTo(replica?.port ?? 0);
    await redis.kill();

    await found();
    await expectReported({ kind: 'TAIL', kept_until: expect.any(String) });
    expect(await statusOf(late)).toBe(404);
    await expectWorks('gated');
  });
});
