import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EVENTS_QUEUE, IntakeWorker, MANUAL_QUEUE } from '@phi/queues';
import { testRedis, type TestRedis } from '@phi/testkit';

import { createQueueClient, type PhiQueueClient } from './queue.js';

describe('createQueueClient', () => {
  let corner: TestRedis;
  let client: PhiQueueClient;
  let workers: IntakeWorker[];

  beforeEach(() => {
    corner = testRedis('queue-client');
    client = createQueueClient({ redisUrl: corner.url, namespace: corner.namespace });
    workers = [];
  });
  afterEach(async () => {
    await Promise.all([client.close(), ...workers.map((worker) => worker.close(1000))]);
    await corner.cleanup();
  });

  /** What Phi gets from a queue of the namespace. */
  function nextOf(queue: typeof MANUAL_QUEUE | typeof EVENTS_QUEUE): Promise<unknown> {
    return new Promise((resolve) => {
      workers.push(
        new IntakeWorker({
          redisUrl: corner.url,
          namespace: corner.namespace,
          queue,
          concurrency: 1,
          onMessage: async ({ data }) => {
            resolve(data);
            return { kind: 'done', value: null };
          },
          onError: () => undefined,
        }),
      );
    });
  }

  it('asks for a run under a key, given or not', async () => {
    const options = { parameters: { day: 1 }, idempotencyKey: 'order-1', ignoreDependencies: true };
    expect(await client.trigger('daily', options)).toEqual({ message_id: '1', idempotency_key: 'order-1' });
    expect(await nextOf(MANUAL_QUEUE)).toEqual({
      job_id: 'daily',
      parameters: { day: 1 },
      idempotency_key: 'order-1',
      ignore_dependencies: true,
    });
    const keys = [await client.trigger('daily'), await client.trigger('daily')].map(
      ({ idempotency_key }) => idempotency_key,
    );
    expect(new Set(keys).size).toBe(2);
  });

  it('sends an event under an id, given or not', async () => {
    const event = { source: 'shop', type: 'order', data: { total: 7 } };
    expect(await client.emit({ ...event, id: '4711' })).toEqual({ message_id: '1', id: '4711' });
    expect(await nextOf(EVENTS_QUEUE)).toEqual({ specversion: '1.0', id: '4711', ...event });
    expect((await client.emit(event)).id).not.toBe((await client.emit(event)).id);
  });

  it('refuses what Phi would refuse, before anything is sent', async () => {
    await expect(client.trigger('no such name!')).rejects.toThrow(
      /^job_id: is not a valid identifier; accepted: /,
    );
    await expect(client.trigger('a', { idempotencyKey: 'a b' })).rejects.toThrow(
      'idempotency_key: is not an idempotency key',
    );
    await expect(client.emit({ source: 's', type: 't', NoName: 1 })).rejects.toThrow(
      'NoName: is no attribute of an event',
    );
    expect(await corner.keys()).toEqual([]);
  });

  it('fails at once while Redis is away, and closes', async () => {
    // A port that nothing listens on: privileged, and no service of a test machine.
    const away = createQueueClient({ redisUrl: 'redis://127.0.0.1:1' });
    await expect(away.trigger('daily')).rejects.toThrow(/ECONNREFUSED|Connection is closed|max retries/);
    await away.close();
  });

  it('leaves a connection open that is not its own', async () => {
    const connection = corner.connect();
    const theirs = createQueueClient({ connection, namespace: corner.namespace });
    await theirs.trigger('daily');
    await theirs.close();
    expect(await connection.ping()).toBe('PONG');
  });

  it('takes either a URL or a connection', () => {
    expect(() => createQueueClient({})).toThrow('accepted: either redisUrl or connection');
    expect(() => createQueueClient({ redisUrl: corner.url, connection: corner.connect() })).toThrow(
      TypeError,
    );
  });
});
