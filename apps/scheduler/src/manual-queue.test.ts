import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { DEFAULT_CONFIG, resolveJobDefinition, type AuthoredJobDefinition } from '@phi/core';
import { applyDefinitions } from '@phi/engine';
import { openServices, type OpenServices } from '@phi/service';
import { createLogger } from '@phi/telemetry';
import { ProcessFixture, startRedisServer, type ProcessGroup, type RedisServer } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue, QueueEvents, type Job } from 'bullmq';
import { Redis } from 'ioredis';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const JOB: AuthoredJobDefinition = { job_id: 'a', job_type: 'OUTPUT', pipeline_modules: ['GAMMA'] };

interface Started {
  readonly execution_id: string;
  readonly created: boolean;
}

/** A service that knows the queue's name and BullMQ, and nothing else of Phi. */
describe('phi_manual', () => {
  const processes = new ProcessFixture();
  let dir: string;
  let redis: RedisServer;
  let open: OpenServices;
  let queue: Queue;
  let events: QueueEvents;
  let connections: Redis[];

  beforeEach(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'phi-scheduler-'));
    redis = await startRedisServer();
    open = openServices(
      { redisUrl: redis.url, namespace: 'default', dataDir: dir, logLevel: 'silent', config: DEFAULT_CONFIG },
      createLogger('scheduler', 'silent'),
    );
    await open.redis.ping();
    const definitions = [resolveJobDefinition(JOB, DEFAULT_CONFIG)];
    await applyDefinitions(open.services, { definitions, author: 'tester' });
    connections = [];
    queue = new Queue('phi_manual', { connection: connect() });
    // From the beginning: what ends before it listens is heard as well.
    events = new QueueEvents('phi_manual', { connection: connect(), lastEventId: '0-0' });
    queue.on('error', () => undefined).setMaxListeners(0);
    events.on('error', () => undefined).setMaxListeners(0);
    await events.waitUntilReady();
  });
  afterEach(async () => {
    await processes.killAll();
    await Promise.all([queue.close(), events.close(), open.close()]);
    for (const connection of connections) connection.disconnect();
    await redis.stop();
    await rm(dir, { recursive: true, force: true });
  });

  function connect(): Redis {
    const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
    connection.on('error', () => undefined);
    connections.push(connection);
    return connection;
  }

  async function startScheduler(): Promise<ProcessGroup> {
    const env = { REDIS_URL: redis.url, PHI_DATA_DIR: dir, PHI_LOG_LEVEL: 'info' };
    const scheduler = await processes.node(MAIN, [], { env });
    await scheduler.output.waitFor('"msg":"ready"');
    return scheduler;
  }
  const answerOf = (job: Job): Promise<Started> => job.waitUntilFinished(events) as Promise<Started>;
  const triggers = (count: number): { name: string; data: object }[] =>
    Array.from({ length: count }, () => ({ name: 'trigger', data: { job_id: 'a' } }));

  async function executionIds(): Promise<string[]> {
    const { items } = await open.services.executions.list({ job_id: 'a', limit: 1000 });
    return items.map(({ execution_id }) => execution_id).sort();
  }

  it('starts one run for each message, though a scheduler dies and Redis is restarted under them', async () => {
    const [first] = await Promise.all([startScheduler(), startScheduler()]);
    const jobs = await queue.addBulk(triggers(100));
    await first.kill();
    jobs.push(...(await queue.addBulk(triggers(100))));
    await redis.restart();
    jobs.push(...(await queue.addBulk(triggers(100))));
    const answers = await Promise.all(jobs.map(answerOf));
    expect(answers.map(({ execution_id }) => execution_id).sort()).toEqual(await executionIds());
    expect(new Set(await executionIds()).size).toBe(300);
  });

  it('says why it refuses, and starts nothing', async () => {
    await startScheduler();
    const job = await queue.add('trigger', { jobid: 'a' }, { attempts: 3 });
    await expect(answerOf(job)).rejects.toThrow(
      /^job_id: is required; accepted: 1 to 128 .*\njobid: is not a known field; did you mean job_id\?/,
    );
    expect(await executionIds()).toEqual([]);
  });

  it('stops in time while messages come in, and leaves what it did not take to the next', async () => {
    const first = await startScheduler();
    const jobs = await queue.addBulk(triggers(500));
    expect(await first.stop()).toEqual({ code: 0, signal: null });
    await startScheduler();
    const answers = await Promise.all(jobs.map(answerOf));
    expect(new Set(answers.map(({ execution_id }) => execution_id)).size).toBe(500);
    expect((await executionIds()).length).toBe(500);
  });
});
