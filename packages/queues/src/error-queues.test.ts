import { DEFAULT_CONFIG, ERROR_QUEUES, type ErrorReport, type PhiConfig } from '@phi/core';
import { freePort, startRedisServer, testRedis, type TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue, type Job } from 'bullmq';

import { BullErrorQueues } from './error-queues.js';
import { queuePrefix } from './names.js';

const CAPACITY = 10;
const HOUR_MS = 3_600_000;

describe('BullErrorQueues', () => {
  let corner: TestRedis;
  let errors: BullErrorQueues;
  let queue: Queue;

  beforeEach(() => {
    corner = testRedis('errors');
    errors = open();
    queue = queueOf('phi_scheduling_errors');
  });
  afterEach(async () => {
    await errors.close();
    await corner.cleanup();
  });

  function open(config: Partial<PhiConfig> = {}): BullErrorQueues {
    return new BullErrorQueues({
      redisUrl: corner.url,
      namespace: corner.namespace,
      config: { ...DEFAULT_CONFIG, ERROR_QUEUE_CAPACITY: CAPACITY, ...config },
      onError: () => undefined,
    });
  }
  const queueOf = (name: string): Queue =>
    new Queue(name, { connection: corner.connect(), prefix: queuePrefix(corner.namespace) });
  const reportOf = (id: string): ErrorReport => ({
    id,
    error_code: 'SCHED_001_INVALID_CRON',
    error: { job_id: id, error_message: 'the minute 61' },
  });
  const report = (id: string): Promise<void> => errors.report('phi_scheduling_errors', reportOf(id));
  async function entries(): Promise<string[]> {
    const jobs: Job<{ job_id: string }>[] = await queue.getWaiting();
    return jobs.map(({ data }) => data.job_id);
  }

  describe('without Redis', () => {
    it('fails at once, reports again once Redis is there, and closes', async () => {
      const port = await freePort();
      const config = DEFAULT_CONFIG;
      const away = new BullErrorQueues({
        redisUrl: `redis://127.0.0.1:${String(port)}`,
        namespace: 'default',
        config,
        onError: () => undefined,
      });
      await expect(away.report('phi_dead_letter', reportOf('a'))).rejects.toThrow(/ECONNREFUSED|max retries/);
      const redis = await startRedisServer({ port });
      await away.report('phi_dead_letter', reportOf('a'));
      expect((await away.state('phi_dead_letter')).dropped).toBe(0);
      await redis.kill();
      await expect(away.report('phi_dead_letter', reportOf('b'))).rejects.toThrow(/./);
      await away.close();
      await redis.stop();
    });
  });

  it('shows an error under its code, with all that is known of it', async () => {
    await report('a');
    const [entry] = await queue.getWaiting();
    expect([entry?.name, entry?.data]).toEqual([
      'SCHED_001_INVALID_CRON',
      { job_id: 'a', error_message: 'the minute 61' },
    ]);
  });

  it('has one entry for a report, however often and by however many it is made', async () => {
    const another = open();
    await Promise.all([report('a'), report('a'), another.report('phi_scheduling_errors', reportOf('a'))]);
    await report('a');
    expect(await entries()).toEqual(['a']);
    await another.close();
  });

  it.each(['12345', 'a:b', 'a%3Ab', '', 'schedule of a'])('takes the id %j', async (id) => {
    await report(id);
    await report('a:b');
    expect((await entries()).sort()).toEqual([...new Set([id, 'a:b'])].sort());
  });

  it('keeps the queues apart', async () => {
    for (const name of ERROR_QUEUES) await errors.report(name, reportOf(name));
    for (const name of ERROR_QUEUES) {
      const waiting: Job<{ job_id: string }>[] = await queueOf(name).getWaiting();
      expect(waiting.map(({ data }) => data.job_id)).toEqual([name]);
    }
  });

  it('drops the oldest beyond its capacity, and counts them', async () => {
    const ids = Array.from({ length: CAPACITY + 3 }, (_, n) => `e${String(n)}`);
    for (const id of ids) await report(id);
    expect(await entries()).toEqual(ids.slice(3));
    expect((await errors.state('phi_scheduling_errors')).dropped).toBe(3);
    expect((await errors.state('phi_execution_errors')).dropped).toBe(0);
    await report(String(ids.at(-1)));
    expect((await errors.state('phi_scheduling_errors')).dropped).toBe(3);
  });

  it.each(ERROR_QUEUES)('%s keeps its capacity: the oldest is dropped, and counted', async (name) => {
    const ids = Array.from({ length: CAPACITY + 2 }, (_, n) => `e${String(n)}`);
    for (const id of ids) await errors.report(name, reportOf(id));
    const { items } = await errors.list(name, { limit: 100 });
    expect(items.map(({ id }) => id)).toEqual(ids.slice(2).toReversed());
    expect(await errors.state(name)).toMatchObject({ entries: CAPACITY, dropped: 2 });
  });

  it('drops no more than it has to when many report at once', async () => {
    await Promise.all(Array.from({ length: 50 }, (_, n) => report(`e${String(n)}`)));
    expect(await entries()).toHaveLength(CAPACITY);
    expect((await errors.state('phi_scheduling_errors')).dropped).toBe(50 - CAPACITY);
  });

  it('comes to its capacity when that is lowered, also past entries of a clock that is ahead', async () => {
    const wide = open({ ERROR_QUEUE_CAPACITY: 100 });
    for (let n = 0; n < 30; n++) await wide.report('phi_scheduling_errors', reportOf(`e${String(n)}`));
    await wide.close();
    await queue.add('X', { job_id: 'ahead' }, { timestamp: Date.now() + HOUR_MS, lifo: true });
    await report('last');
    expect(await entries()).toHaveLength(CAPACITY);
    expect(await entries()).not.toContain('ahead');
  });

  describe('to look into', () => {
    const listed = async (filter: object = {}): Promise<string[]> =>
      (await errors.list('phi_scheduling_errors', { limit: 100, ...filter })).items.map(({ id }) => id);

    it.each(['12345', 'a:b', 'a%3Ab'])('has the entry %j under its own id', async (id) => {
      await report(id);
      expect(await errors.get('phi_scheduling_errors', id)).toMatchObject(reportOf(id));
      expect(await errors.get('phi_execution_errors', id)).toBeUndefined();
      expect(await listed()).toEqual([id]);
    });

    it('lists the newest first, page by page, whatever comes and goes meanwhile', async () => {
      for (const id of ['a', 'b', 'c', 'd', 'e']) await report(id);
      const page = await errors.list('phi_scheduling_errors', { limit: 2 });
      expect(page.items.map(({ id }) => id)).toEqual(['e', 'd']);
      await report('f');
      await errors.withdraw('phi_scheduling_errors', ['c']);
      const { next_cursor: cursor } = page;
      expect(await listed({ cursor })).toEqual(['b', 'a']);
      expect(await listed({ cursor, limit: 1 })).toEqual(['b']);
    });

    it('goes on where the entry before is gone, and leaves none out', async () => {
      for (const [id, age] of [
        ['a', 3],
        ['b', 2],
        ['c', 1],
      ] as const)
        await queue.add('X', { job_id: id }, { jobId: `error-${id}`, timestamp: Date.now() - age * HOUR_MS });
      const page = await errors.list('phi_scheduling_errors', { limit: 2 });
      await errors.withdraw('phi_scheduling_errors', ['b']);
      expect(await listed({ cursor: page.next_cursor })).toEqual(['a']);
    });

    it('lists every entry, whichever clock it was entered by', async () => {
      for (const [id, age] of [
        ['a', 0],
        ['b', -2],
        ['c', 1],
      ] as const)
        await queue.add('X', { job_id: id }, { jobId: `error-${id}`, timestamp: Date.now() - age * HOUR_MS });
      const { next_cursor: cursor } = await errors.list('phi_scheduling_errors', { limit: 1 });
      expect(await listed({ cursor })).toEqual(['b', 'a']);
    });

    it('finds by job, code and time', async () => {
      await report('a');
      await queue.add('X', { job_id: 'b' }, { jobId: 'error-b', timestamp: Date.now() - HOUR_MS });
      expect(await listed({ job_id: 'b' })).toEqual(['b']);
      expect(await listed({ error_code: 'SCHED_001_INVALID_CRON' })).toEqual(['a']);
      const half_an_hour_ago = Date.now() - HOUR_MS / 2;
      expect(await listed({ to_ms: half_an_hour_ago })).toEqual(['b']);
      expect(await listed({ from_ms: half_an_hour_ago })).toEqual(['a']);
    });

    it('says how full it is', async () => {
      for (let n = 0; n < CAPACITY + 1; n++) await report(`e${String(n)}`);
      expect(await errors.state('phi_scheduling_errors')).toEqual({
        entries: CAPACITY,
        dropped: 1,
        capacity: CAPACITY,
        retention_hours: 168,
      });
    });
  });

  describe('trim', () => {
    const add = (name: string, id: string, ageMs: number): Promise<unknown> =>
      queueOf(name).add('X', { job_id: id }, { timestamp: Date.now() - ageMs });

    it('removes what is older than it is kept, and nothing else', async () => {
      await add('phi_scheduling_errors', 'old', 2 * HOUR_MS + 1000);
      await add('phi_scheduling_errors', 'young', HOUR_MS);
      await add('phi_dead_letter', 'a day old', 24 * HOUR_MS);
      await add('phi_dead_letter', 'three days old', 72 * HOUR_MS);
      const keeping = open({ ERROR_RETENTION_HOURS: 2, DEAD_LETTER_RETENTION_DAYS: 2 });
      expect(await keeping.trim()).toBe(2);
      expect(await keeping.trim()).toBe(0);
      expect(await entries()).toEqual(['young']);
      expect((await queueOf('phi_dead_letter').getWaiting()).map(({ data }) => data.job_id)).toEqual([
        'a day old',
      ]);
      expect((await keeping.state('phi_scheduling_errors')).dropped).toBe(0);
      await keeping.close();
    });

    it.each(ERROR_QUEUES)('%s keeps what it should, and not longer', async (name) => {
      const keeping = open({ ERROR_RETENTION_HOURS: 24, DEAD_LETTER_RETENTION_DAYS: 1 });
      await add(name, 'old', 25 * HOUR_MS);
      await add(name, 'young', 23 * HOUR_MS);
      expect(await keeping.trim()).toBe(1);
      const { items } = await keeping.list(name, { limit: 10 });
      expect(items.map(({ error }) => error['job_id'])).toEqual(['young']);
      await keeping.close();
    });

    it('removes any number', async () => {
      const jobs = Array.from({ length: 2500 }, (_, n) => ({
        name: 'X',
        data: { job_id: String(n) },
        opts: { timestamp: Date.now() - 1000 * HOUR_MS },
      }));
      await queue.addBulk(jobs);
      expect(await errors.trim()).toBe(2500);
      expect(await entries()).toEqual([]);
    });
  });
});
