import { startRedisServer, testRedis, withDeadline, type RedisServer, type TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

import { MessageNotTaken, type IntakeAnswer } from './intake-answer.js';
import type { IntakeWorker } from './intake-worker.js';
import { MANUAL_QUEUE, queuePrefix } from './names.js';
import { openIntake, Sender, type Decide, type Place } from './testing/intake-fixture.js';

const CLOSE_MS = 2000;
const done = (value: unknown): IntakeAnswer => ({ kind: 'done', value });
const refuse = (...fields: string[]): IntakeAnswer => ({
  kind: 'refused',
  problems: fields.map((field) => ({ field, reason: 'is wrong', accepted: 'a right one' })),
});

describe('IntakeWorker on a Redis of its own', () => {
  let redis: RedisServer;
  let place: Place;
  let connections: Redis[];

  beforeEach(async () => {
    redis = await startRedisServer({ config: { appendonly: 'no' } });
    connections = [];
    place = {
      url: redis.url,
      namespace: 'default',
      connect: () => {
        const connection = new Redis(redis.url, { maxRetriesPerRequest: null });
        connection.on('error', () => undefined);
        connections.push(connection);
        return connection;
      },
    };
  });
  afterEach(async () => {
    for (const connection of connections) connection.disconnect();
    await redis.stop();
  });

  it.each(['killed', 'paused'])('closes in time while Redis is %s', async (how) => {
    const { worker, asked } = openIntake(place, () => new Promise(() => undefined), { lockMs: 500 });
    const queue = new Queue(MANUAL_QUEUE, { connection: place.connect() });
    await queue.on('error', () => undefined).add('trigger', 'under way');
    await asked.times(1);
    if (how === 'killed') await redis.kill();
    else redis.pause();
    // What waits for such a Redis waits for ever.
    await withDeadline(worker.close(300), 'the worker to close', 10_000);
    if (how === 'paused') redis.resume();
  });

  it('takes for the default namespace what was added with no prefix too, and tells the two apart', async () => {
    const { worker, asked } = openIntake(place, ({ data }) => done(data));
    const senders = [undefined, queuePrefix('default')].map((prefix) => new Sender(place, prefix));
    const timestamp = Date.now();
    const answers = await Promise.all(senders.map((sender, n) => sender.ask(n, { timestamp })));
    expect(answers).toEqual([0, 1]);
    expect(asked.messages.map(({ id }) => id).sort()).toEqual([
      `1:${String(timestamp)}`,
      `bull:1:${String(timestamp)}`,
    ]);
    await Promise.all([worker.close(CLOSE_MS), ...senders.map((sender) => sender.close())]);
  });

  it('waits for a Redis that is not there yet, and takes again from one that was killed', async () => {
    await redis.kill();
    const { worker } = openIntake(place, ({ data }) => done(data));
    await redis.restart();
    const sender = new Sender(place, queuePrefix('default'));
    expect(await sender.ask('before')).toBe('before');
    await redis.kill();
    await redis.restart();
    expect(await sender.ask('after')).toBe('after');
    await Promise.all([worker.close(CLOSE_MS), sender.close()]);
  });
});

describe('IntakeWorker', () => {
  let corner: TestRedis;
  let sender: Sender;
  const workers: IntakeWorker[] = [];

  beforeEach(() => {
    corner = testRedis('intake');
    sender = new Sender(corner, queuePrefix(corner.namespace));
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close(CLOSE_MS)));
    await sender.close();
    await corner.cleanup();
  });

  function open(...args: [Decide, Parameters<typeof openIntake>[2]?]): ReturnType<typeof openIntake> {
    const intake = openIntake(corner, ...args);
    workers.push(intake.worker);
    return intake;
  }
  const stateOf = (id: string): Promise<string> => sender.queue.getJobState(id);

  it('answers the sender, who only needs BullMQ', async () => {
    open(({ data }) => done({ got: data }));
    expect(await sender.ask({ job_id: 'a' })).toEqual({ got: { job_id: 'a' } });
  });

  describe('that refuses', () => {
    it('fails the message at once, whatever attempts the sender asked for, with a line for each problem', async () => {
      const { asked } = open(() => refuse('job_id', 'parameters'));
      const options = { attempts: 5, backoff: { type: 'exponential', delay: 1 } };
      await expect(sender.ask({ secret: 'hunter2' }, options)).rejects.toThrow(
        'job_id: is wrong; accepted: a right one\nparameters: is wrong; accepted: a right one',
      );
      expect(asked.messages).toHaveLength(1);
      const [failed] = await sender.queue.getFailed();
      expect(failed?.stacktrace).toEqual([]);
    });
  });

  describe('that answers later', () => {
    it('keeps the message and its place, until it is taken', async () => {
      const taken: unknown[] = [];
      let isFull = true;
      const { asked } = open(
        ({ data }) => {
          if (isFull) return { kind: 'later', after_ms: 50, reason: 'the queue is full' };
          taken.push(data);
          return done(null);
        },
        { concurrency: 1 },
      );
      const first = await sender.send('first', { attempts: 1 });
      await asked.times(3);
      const last = sender.ask('last');
      await asked.times(8);
      expect(asked.data).not.toContain('last');
      expect(['waiting', 'active']).toContain(await stateOf(first));
      expect((await sender.queue.getJob(first))?.progress).toEqual({ waited_for: 'the queue is full' });
      isFull = false;
      await last;
      expect(taken).toEqual(['first', 'last']);
    });

    it('leaves the whole queue alone for that long, in every process', async () => {
      const times: number[] = [];
      const decide: Decide = () => {
        times.push(performance.now());
        return times.length < 4 ? { kind: 'later', after_ms: 300, reason: 'unsettled' } : done(null);
      };
      for (let n = 0; n < 2; n++) open(decide, { concurrency: 1 });
      await sender.ask('only');
      const pauses = times.slice(1).map((time, n) => time - (times[n] ?? 0));
      expect(times).toHaveLength(4);
      expect(Math.min(...pauses)).toBeGreaterThan(250);
    });
  });

  describe('whose decision fails', () => {
    it('tries the message again, whatever the sender says of attempts and backoff, and lets others pass', async () => {
      let failures = 0;
      let isMended = false;
      const { asked, errors } = open(
        ({ data }) => {
          if (data === 'good' || (isMended && failures >= 2)) return done(data);
          failures += 1;
          throw new Error('the password is hunter2');
        },
        { concurrency: 1 },
      );
      const options = { jobId: 'bad', attempts: 1, backoff: { type: 'unheard-of' } };
      const bad = sender.ask('bad', options);
      await asked.times(1);
      expect(await sender.ask('good')).toBe('good');
      // Its first failure was on record before the other could be taken: there is one place.
      const waiting = await sender.queue.getJob('bad');
      expect([waiting?.failedReason, waiting?.stacktrace]).toEqual([
        'could not be taken in yet; it is tried again',
        [],
      ]);
      isMended = true;
      expect(await bad).toBe('bad');
      expect(asked.data.filter((data) => data !== 'good')).toEqual(Array(failures + 1).fill('bad'));
      expect(failures).toBeGreaterThanOrEqual(2);
      expect(
        errors.map((error) => [error instanceof MessageNotTaken, (error.cause as Error).message]),
      ).toEqual(Array(failures).fill([true, 'the password is hunter2']));
    });
  });

  describe('whose process dies', () => {
    /** What happens to the locks of a process that is gone, without waiting for it. */
    async function loseLock(jobId: string): Promise<void> {
      const redis = corner.connect();
      await redis.del(`${queuePrefix(corner.namespace)}:${MANUAL_QUEUE}:${jobId}:lock`);
    }

    it('leaves the message to another, as often as it takes, under the same id', async () => {
      const first = open(() => new Promise(() => undefined), { lockMs: 200 });
      const answer = sender.ask('x', { jobId: 'message' });
      for (let times = 1; times <= 4; times++) {
        await first.asked.times(times);
        await loseLock('message');
      }
      await first.worker.close(0);
      const second = open(done, { lockMs: 200 });
      await answer;
      const ids = [...first.asked.messages, ...second.asked.messages].map(({ id }) => id);
      expect(ids.length).toBeGreaterThanOrEqual(5);
      expect(new Set(ids)).toEqual(new Set([expect.stringMatching(/^message:\d{13}$/)]));
    });
  });

  it('calls no two messages the same, though the queue is obliterated and its ids begin again', async () => {
    const { asked } = open(() => done(null));
    await sender.ask(1);
    await sender.queue.obliterate({ force: true });
    await sender.queue.resume();
    await sender.ask(2);
    const ids = asked.messages.map(({ id }) => id);
    expect(ids.map((id) => id.split(':')[0])).toEqual(['1', '1']);
    expect(new Set(ids).size).toBe(2);
  });

  it.each([
    [{}, 1],
    [{ removeOnComplete: false }, 1],
    [{ removeOnComplete: true }, 0],
    [{ removeOnComplete: 0 }, 0],
  ])('keeps what it took for its sender, who can say %j: %i', async (options, kept) => {
    open(() => done(null));
    await sender.ask('x', options);
    expect(await sender.queue.getCompletedCount()).toBe(kept);
  });

  it('keeps a thousand of what it took, however many a sender wants kept', async () => {
    const { asked } = open(() => done(null), { concurrency: 50 });
    const jobs = Array.from({ length: 1100 }, (_, n) => ({
      name: 'trigger',
      data: n,
      opts: { removeOnComplete: n % 2 === 0 ? false : 10 },
    }));
    await sender.queue.addBulk(jobs);
    await asked.times(1100);
    await sender.ask('last');
    expect(await sender.queue.getCompletedCount()).toBe(1000);
  });

  it('takes nothing that was added for another namespace, or with no prefix', async () => {
    const { asked } = open(() => done(null));
    const others = [undefined, queuePrefix(`${corner.namespace}-other`)].map(
      (prefix) => new Sender(corner, prefix),
    );
    const added = await Promise.all(others.map((other) => other.queue.add('trigger', 'theirs')));
    await sender.ask('ours');
    expect(asked.data).toEqual(['ours']);
    await Promise.all(added.map((job) => job.remove()));
    await Promise.all(others.map((other) => other.close()));
  });
});
