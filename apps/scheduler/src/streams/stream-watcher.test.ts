import { acceptEvent, rejectStreamEntry, type RejectedEntry } from '@phi/engine';
import { openEventStreams } from '@phi/store';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { AcceptResult, EventRequest, EventStreams } from '@phi/core';

import { openSchedulerFixture, type Logged, type SchedulerFixture } from '../testing/scheduler-fixture.js';
import { StreamWatcher } from './stream-watcher.js';

interface Watching {
  readonly watcher: StreamWatcher;
  readonly streams: EventStreams;
  readonly logged: readonly Logged[];
  readonly rejected: readonly RejectedEntry[];
}

type Redis = ReturnType<SchedulerFixture['corner']['connect']>;
type Accept = (request: EventRequest) => Promise<AcceptResult>;

describe('StreamWatcher', () => {
  let fixture: SchedulerFixture;
  let redis: Redis;
  let key: string;
  const opened: EventStreams[] = [];

  beforeEach(async () => {
    fixture = openSchedulerFixture('stream-watcher');
    redis = fixture.corner.connect();
    key = `orders-${fixture.corner.namespace}`;
    await fixture.apply('invoice', [{ trigger_type: 'MESSAGE', source: `stream:${key}` }]);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((streams) => streams.close()));
    await fixture.close();
  });

  /** A scheduler that has just started. */
  function watch(
    options: { readonly idleMs?: number; readonly accept?: (accept: Accept) => Accept } = {},
  ): Watching {
    const { services, log, logged } = fixture.another();
    const { url, namespace } = fixture.corner;
    const streams = openEventStreams(url, namespace, services.ids.next(), () => undefined);
    opened.push(streams);
    const rejected: RejectedEntry[] = [];
    const accept: Accept = (request) => acceptEvent(services, request);
    const watcher = new StreamWatcher(services.catalog, {
      streams,
      accept: options.accept?.(accept) ?? accept,
      onRejected: async (entry) => void rejected.push(entry),
      log,
      waitMs: 1,
      idleMs: options.idleMs ?? 60_000,
    });
    return { watcher, streams, logged, rejected };
  }
  async function add(...fields: string[]): Promise<string> {
    return (await redis.xadd(key, '*', ...fields)) ?? '';
  }
  const pending = async (): Promise<number> =>
    Number((await redis.xpending(key, `phi:${fixture.corner.namespace}`))[0]);

  it('makes an event of each entry, those that were there before it too', async () => {
    const first = await add('type', 'order.placed', 'data', '{"order": 4711}', 'note', '{"a": 1}');
    const { watcher } = watch();
    expect(await watcher.round()).toBe(0);
    const second = await add('data', 'no JSON');
    await watcher.round();
    expect(await fixture.eventsOf('invoice')).toEqual([
      {
        specversion: '1.0',
        id: first,
        source: `stream:${key}`,
        type: 'order.placed',
        data: { type: 'order.placed', data: { order: 4711 }, note: '{"a": 1}' },
      },
      {
        specversion: '1.0',
        id: second,
        source: `stream:${key}`,
        type: 'phi.stream.entry',
        data: { data: 'no JSON' },
      },
    ]);
    expect(await pending()).toBe(0);
  });

  it('has nothing to wait for without a stream', async () => {
    await fixture.remove('invoice');
    expect(await watch().watcher.round()).toBeUndefined();
  });

  it('handles each entry once, however many schedulers watch', async () => {
    const schedulers = Array.from({ length: 3 }, () => watch().watcher);
    await Promise.all(schedulers.map((watcher) => watcher.round()));
    for (let n = 0; n < 250; n++) await add('n', String(n));
    for (let n = 0; n < 3; n++) await Promise.all(schedulers.map((watcher) => watcher.round()));
    const numbers = (await fixture.eventsOf('invoice')).map(({ data }) => Number(data['n']));
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: 250 }, (_, n) => n));
    expect(await pending()).toBe(0);
  });

  it('acknowledges nothing before the event was answered, and takes over what a dead scheduler has left', async () => {
    await add('n', '1');
    const dead = watch({ accept: () => () => Promise.reject(new Error('killed')) });
    await expect(dead.watcher.round()).rejects.toThrow('killed');
    expect(await pending()).toBe(1);
    const patient = watch();
    await patient.watcher.round();
    expect(await fixture.eventsOf('invoice')).toHaveLength(0);
    await watch({ idleMs: 0 }).watcher.round();
    expect(await fixture.eventsOf('invoice')).toHaveLength(1);
    expect(await pending()).toBe(0);
  });

  it('handles an entry once whose scheduler died between the event and the acknowledgement', async () => {
    await add('n', '1');
    const dead = watch({
      accept: (accept) => async (request) => {
        await accept(request);
        throw new Error('killed');
      },
    });
    await expect(dead.watcher.round()).rejects.toThrow('killed');
    await watch({ idleMs: 0 }).watcher.round();
    expect(await fixture.eventsOf('invoice')).toHaveLength(1);
    expect(await pending()).toBe(0);
  });

  it('leaves an entry to be tried again whose event was refused', async () => {
    await add('n', '1');
    let refusals = 1;
    const { watcher, logged } = watch({
      idleMs: 0,
      accept: (accept) => async (request) =>
        refusals-- > 0 ? { ok: false, refusal: 'GRAPH_UNSETTLED' } : accept(request),
    });
    await watcher.round();
    expect(logged).toMatchObject([{ level: 40, stream: key, refusal: 'GRAPH_UNSETTLED' }]);
    expect(await pending()).toBe(1);
    await watcher.round();
    expect(await fixture.eventsOf('invoice')).toHaveLength(1);
    expect(await pending()).toBe(0);
  });

  it.each([
    ['too large', ['data', JSON.stringify('x'.repeat(70_000))], 'is more than 65536 bytes as an event'],
    [
      'no JSON that is carried',
      ['data', '{"__proto__": 1}'],
      'data.data.__proto__: is a key that is not allowed',
    ],
    [
      'a field that reaches the prototype',
      ['__proto__', '1'],
      'data.__proto__: is a key that is not allowed',
    ],
  ])('reports an entry that is %s, and goes on', async (_name, fields, reason) => {
    const id = await add(...fields);
    await add('n', '1');
    const { watcher, rejected } = watch();
    await watcher.round();
    expect(rejected).toMatchObject([{ source: `stream:${key}`, entry: { key, id } }]);
    expect(rejected[0]?.reason).toContain(reason);
    expect(await fixture.eventsOf('invoice')).toHaveLength(1);
    expect(await pending()).toBe(0);
  });

  it('reports such an entry to every job that waits for it', async () => {
    const { services } = fixture.another();
    const reports: object[] = [];
    const errors = {
      report: async (queue: string, report: object) => void reports.push({ queue, ...report }),
      withdraw: () => Promise.resolve(),
    };
    await rejectStreamEntry(
      { ...services, errors },
      { source: `stream:${key}`, entry: { key, id: '1-1', fields: [] }, reason: 'is wrong' },
    );
    expect(reports).toMatchObject([
      {
        queue: 'phi_scheduling_errors',
        error_code: 'SCHED_008_EVENT_REJECTED',
        error: { job_id: 'invoice', schedule_id: 'invoice.trigger-1', error_message: 'entry 1-1: is wrong' },
      },
    ]);
  });

  it('begins to read a stream with its trigger, ends with it, and goes on where it ended', async () => {
    const { watcher } = watch();
    await watcher.round();
    const mail = `mail-${fixture.corner.namespace}`;
    const trigger = { trigger_type: 'MESSAGE', source: `stream:${mail}` } as const;
    await redis.xadd(mail, '*', 'n', '1');
    await fixture.apply('answer', [trigger]);
    await watcher.round();
    expect(await fixture.eventsOf('answer')).toHaveLength(1);
    await fixture.remove('answer');
    await watcher.round();
    await redis.xadd(mail, '*', 'n', '2');
    await watcher.round();
    await fixture.apply('answer', [trigger]);
    await watcher.round();
    expect((await fixture.eventsOf('answer')).map(({ data }) => data['n'])).toEqual(['1', '2']);
  });

  it('goes on when a stream is removed and written anew', async () => {
    const { watcher } = watch();
    await add('n', '1');
    await watcher.round();
    await redis.del(key);
    await watcher.round();
    await add('n', '2');
    await watcher.round();
    expect((await fixture.eventsOf('invoice')).map(({ data }) => data['n'])).toEqual(['1', '2']);
  });

  it('says once that a key holds something else, reads the others, and works when it is a stream', async () => {
    await redis.set(key, 'text');
    const mail = `mail-${fixture.corner.namespace}`;
    await fixture.apply('answer', [{ trigger_type: 'MESSAGE', source: `stream:${mail}` }]);
    await redis.xadd(mail, '*', 'n', '1');
    const { watcher, logged } = watch();
    for (let n = 0; n < 3; n++) await watcher.round();
    expect(logged).toMatchObject([{ msg: 'the key of a watched stream holds something else', stream: key }]);
    expect(await fixture.eventsOf('answer')).toHaveLength(1);
    await redis.del(key);
    await add('n', '2');
    await watcher.round();
    expect(await fixture.eventsOf('invoice')).toHaveLength(1);
    await redis.set(key, 'text again');
    for (let n = 0; n < 3; n++) await watcher.round();
    expect(logged).toHaveLength(2);
  });
});
