import { existsSync } from 'node:fs';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { afterEach, describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';

import { ApiFailure } from './fixture/api-client.js';
import { gatedJob } from './fixture/gated-job.js';
import { handlers } from './fixture/handlers.js';
import { Phi, SHORTEST_LEASE } from './fixture/phi.js';

const EVERY_SECOND = { RESOURCE_CHECK_INTERVAL_SECONDS: '1' };
/** Below what is in use of any disk. */
const DISK_IS_FULL = { RESOURCE_DISK_THRESHOLD: '0.000001' };

let phi: Phi;

afterEach(async () => {
  await phi.stop();
});

/** Waits until the one executor says that it takes nothing. */
const offersNothing = () =>
  phi.api.until(
    'the executor to offer nothing',
    () => phi.api.executors(),
    ([only]) => only?.places === 0,
  );

describe('an executor whose disk is full', () => {
  it('takes nothing and says why, leaves the work to another, and takes it again with room', async () => {
    phi = await Phi.start({
      executors: 0,
      env: { ...SHORTEST_LEASE, ...EVERY_SECOND, PHI_HANDLERS: handlers('GATED') },
    });
    await phi.api.apply({ jobs: [gatedJob('a')] });
    const full = await phi.startExecutor(DISK_IS_FULL);
    const line = JSON.parse(await full.output.waitFor('a resource is exhausted')) as object;
    expect(line).toMatchObject({ resource_type: 'DISK', threshold: 0.000001, in_force: [] });
    expect(await offersNothing()).toMatchObject([
      { places: 0, information: { pid: full.pid, exhausted: 'RES_003_DISK_EXHAUSTED' } },
    ]);
    const waiting = await phi.api.trigger('a');
    const said = await phi.api.until(
      'the health status to say it',
      () => phi.api.health(),
      ({ exhausted_resources: [disk] }) => disk?.in_force.length === 1 && disk.queued_count === 1,
    );
    expect(said).toMatchObject({
      overall_status: 'DEGRADED',
      resource_status: expect.stringMatching(/^DEGRADED: DISK of the host of .*QUEUE_ALL/),
      exhausted_resources: [
        { resource_type: 'DISK', in_force: ['QUEUE_ALL'], affected_jobs: ['a'], queued_count: 1 },
      ],
    });

    // One place, and one prefetched for it: what is delivered beyond the place is for everybody to take.
    const roomy = await phi.startExecutor({ EXECUTOR_PARALLELISM: '1' });
    await phi.api.running(waiting, 'a');
    const prefetched = await phi.api.trigger('a');
    await phi.openGate('a');
    for (const id of [waiting, prefetched]) {
      expect((await phi.api.ended(id)).status).toBe('succeeded');
      expect(actorOf(await phi.api.execution(id))).toBe(await idOf(roomy.pid));
    }
    await roomy.kill();
    await full.kill();
    await phi.startExecutor();
    expect((await phi.api.ended(await phi.api.trigger('a'))).status).toBe('succeeded');
    // What the dead one found has lapsed.
    await phi.api.until(
      'the exhaustion to lapse',
      () => phi.api.health(),
      ({ exhausted_resources }) => exhausted_resources.length === 0,
    );
  });

  const idOf = async (pid: number): Promise<string | undefined> =>
    (await phi.api.executors()).find(({ information }) => information.pid === pid)?.executor_id;
  const actorOf = ({ history }: { history: readonly { event: string; actor: string | null }[] }) =>
    history.find(({ event }) => event === 'CLAIM')?.actor;
});

/** A file system in memory that everybody may write to. */
const SHARED_MEMORY = '/dev/shm';
const onLinux = existsSync(SHARED_MEMORY) ? it : it.skip;
/** What fills it, at most. */
const BALLAST_BYTES = 64 * 1024 * 1024;

describe('an executor whose disk fills', () => {
  let dir: string;
  let ballast: Buffer;

  afterEach(() => rm(dir, { recursive: true, force: true }));

  const fill = () => writeFile(join(dir, 'ballast'), ballast);
  const free = () => rm(join(dir, 'ballast'));
  const open = (gate: string) => writeFile(join(dir, gate), '');
  const statusOf = async (id: string) => (await phi.api.execution(id)).status;

  onLinux(
    'takes nothing new while it is full, goes on with what it runs, and takes more by itself',
    async () => {
      dir = await mkdtemp(join(SHARED_MEMORY, 'phi-e2e-'));
      const { blocks, bfree, bavail, bsize } = await statfs(dir);
      // A container may have little of it.
      ballast = Buffer.alloc(Math.min(BALLAST_BYTES, Math.floor((bavail * bsize) / 2)), 1);
      const full = (blocks - bfree + ballast.length / 2 / bsize) / (blocks - bfree + bavail);
      phi = await Phi.start({ executors: 0, env: { ...EVERY_SECOND, PHI_HANDLERS: handlers('GATED') } });
      await fill();
      await phi.startExecutor({
        PHI_DATA_DIR: dir,
        PHI_OUTPUT_DIR: dir,
        RESOURCE_DISK_THRESHOLD: full.toFixed(9),
        RESOURCE_RECOVERY_RATIO: '1',
      });
      await phi.api.apply({ jobs: [gatedJob('a'), gatedJob('b')] });
      await offersNothing();
      const first = await phi.api.trigger('a');
      expect(await statusOf(first)).toBe('QUEUED');
      await free();
      await phi.api.running(first, 'a');

      await fill();
      await offersNothing();
      const waiting = [await phi.api.trigger('b'), await phi.api.trigger('b')];
      await open('a');
      expect((await phi.api.ended(first)).status).toBe('succeeded');
      expect(await Promise.all(waiting.map(statusOf))).toEqual(['QUEUED', 'QUEUED']);
      await free();
      await open('b');
      for (const id of waiting) expect((await phi.api.ended(id)).status).toBe('succeeded');
    },
  );
});

describe('a Redis without memory', () => {
  it('refuses what would start, lets what runs come to its end, and goes on by itself', async () => {
    phi = await Phi.start({ executors: 1, env: { ...EVERY_SECOND, PHI_HANDLERS: handlers('GATED') } });
    await phi.api.apply({ jobs: [gatedJob('a'), gatedJob('b')] });
    const running = await phi.api.trigger('a');
    await phi.api.running(running, 'a');
    const redis = new Redis(phi.redis.url);
    try {
      await redis.config('SET', 'maxmemory', '1mb');
      const refused = await phi.api.trigger('b').catch((error: unknown) => error);
      if (!(refused instanceof ApiFailure)) throw new Error(`not refused: ${String(refused)}`);
      expect(refused.status).toBe(503);
      expect(refused.message).toContain('RES_001_MEMORY_EXHAUSTED');
      await phi.openGate('a');
      expect((await phi.api.ended(running)).status).toBe('succeeded');
      const isSaid = await phi.api.until(
        'the health status to say it',
        () => phi.api.health(),
        ({ exhausted_resources: [memory] }) => memory !== undefined && memory.in_force.length > 0,
      );
      expect(isSaid).toMatchObject({
        overall_status: 'DEGRADED',
        exhausted_resources: [
          { resource_type: 'MEMORY', source: 'REDIS', in_force: ['PAUSE_SCHEDULING', 'REJECT_LOW_PRIORITY'] },
        ],
      });

      await redis.config('SET', 'maxmemory', '0');
    } finally {
      redis.disconnect();
    }
    await phi.openGate('b');
    const run = await phi.api.ended(await phi.api.trigger('b'));
    expect(run.executions).toMatchObject([{ status: 'COMPLETED', attempt_number: 1 }]);
    await phi.api.until(
      'it to have recovered',
      () => phi.api.health(),
      ({ overall_status }) => overall_status === 'HEALTHY',
    );
  });
});
