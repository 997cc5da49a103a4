import type { EventStreams } from '@phi/core';
import { testRedis, type TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';

import { openEventStreams } from './event-streams.js';

describe('RedisEventStreams', () => {
  let corner: TestRedis;
  let redis: Redis;
  let key: string;
  let other: string;
  const opened: EventStreams[] = [];

  beforeEach(() => {
    corner = testRedis('streams');
    redis = corner.connect();
    key = `orders-${corner.namespace}`;
    other = `mail-${corner.namespace}`;
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((streams) => streams.close()));
    await corner.cleanup();
  });

  function open(consumer: string, namespace = corner.namespace): EventStreams {
    const streams = openEventStreams(corner.url, namespace, consumer, () => undefined);
    opened.push(streams);
    return streams;
  }
  async function joined(consumer: string, ...keys: string[]): Promise<EventStreams> {
    const streams = open(consumer);
    for (const each of keys) expect(await streams.join(each)).toBe('JOINED');
    return streams;
  }
  async function consumers(): Promise<string[]> {
    const rows = (await redis.xinfo('CONSUMERS', key, `phi:${corner.namespace}`)) as string[][];
    return rows.map((row) => String(row[1])).sort();
  }

  it('begins with the oldest entry of a stream that is there, and waits for one that is not', async () => {
    const id = await redis.xadd(key, '*', 'type', 'order', 'type', 'again', '', '');
    const streams = await joined('one', key, other);
    expect(await streams.read([key, other], 10, 0)).toEqual([
      {
        key,
        id,
        fields: [
          ['type', 'order'],
          ['type', 'again'],
          ['', ''],
        ],
      },
    ]);
    const waiting = streams.read([key, other], 10, 10_000);
    const next = await redis.xadd(other, '*', 'a', '1');
    expect(await waiting).toEqual([{ key: other, id: next, fields: [['a', '1']] }]);
    expect(await streams.read([key, other], 10, 1)).toEqual([]);
  });

  it('gives each entry to one of a group, and all to every group', async () => {
    const [one, two] = [await joined('one', key), await joined('two', key)];
    const elsewhere = open('one', `${corner.namespace}-b`);
    await elsewhere.join(key);
    for (let n = 0; n < 4; n++) await redis.xadd(key, '*', 'n', String(n));
    const [first, second] = [await one.read([key], 3, 0), await two.read([key], 3, 0)];
    expect([first.length, second.length]).toEqual([3, 1]);
    expect(await elsewhere.read([key], 10, 0)).toHaveLength(4);
  });

  it('takes over what was given to somebody and not acknowledged', async () => {
    const [dead, alive] = [await joined('dead', key), await joined('alive', key)];
    const [a, b] = [await redis.xadd(key, '*', 'n', 'a'), await redis.xadd(key, '*', 'n', 'b')];
    await dead.read([key], 10, 0);
    await dead.acknowledge(key, a ?? '');
    expect(await alive.takeOver(key, 60_000, 10)).toEqual([]);
    expect(await alive.takeOver(key, 0, 10)).toEqual([{ key, id: b, fields: [['n', 'b']] }]);
    await alive.acknowledge(key, b ?? '');
    expect(await alive.takeOver(key, 0, 10)).toEqual([]);
  });

  it('leaves out what was trimmed before anybody handled it', async () => {
    const streams = await joined('one', key);
    const id = await redis.xadd(key, '*', 'n', 'a');
    await streams.read([key], 10, 0);
    await redis.xdel(key, id ?? '');
    expect(await streams.takeOver(key, 0, 10)).toEqual([]);
  });

  it('says when a stream has to be joined again', async () => {
    const streams = await joined('one', key, other);
    await redis.del(key);
    expect(await streams.read([key, other], 10, 0)).toBe('LOST');
    expect(await streams.takeOver(key, 0, 10)).toBe('LOST');
    await streams.join(key);
    const waiting = streams.read([key, other], 10, 10_000);
    await redis.del(key);
    expect(await waiting).toBe('LOST');
  });

  it('knows what is no stream', async () => {
    await redis.set(key, 'text');
    expect(await open('one').join(key)).toBe('NOT_A_STREAM');
  });

  it('leaves its groups, but for those in which something is left to handle', async () => {
    const [done, busy] = [await joined('done', key), await joined('busy', key)];
    const [a] = [await redis.xadd(key, '*', 'n', 'a'), await redis.xadd(key, '*', 'n', 'b')];
    await done.read([key], 1, 0);
    await done.acknowledge(key, a ?? '');
    await busy.read([key], 1, 0);
    expect(await consumers()).toEqual(['busy', 'done']);
    await Promise.all([done.close(), busy.close()]);
    expect(await consumers()).toEqual(['busy']);
    expect(await (await joined('next', key)).takeOver(key, 0, 10)).toHaveLength(1);
  });

  it('takes over after another has been killed between reading and acknowledging', async () => {
    await redis.xadd(key, '*', 'n', 'a');
    const killed = await joined('killed', key);
    await killed.read([key], 10, 0);
    const next = await joined('next', key);
    expect(await next.read([key], 10, 0)).toEqual([]);
    expect(await next.takeOver(key, 0, 10)).toHaveLength(1);
  });
});
