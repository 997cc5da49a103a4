import type { AuthoredTrigger, JobDefinition } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  openEngine,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';
import {
  accept,
  acceptAll,
  eventIdsOf,
  eventOf,
  holdOpen,
  startedBy,
  triggerOf,
} from './testing/event-fixture.js';

const batching = (more: Partial<AuthoredTrigger> = {}): AuthoredTrigger =>
  triggerOf({ batch_window_seconds: 3600, ...more });

describe('a registration that changes a trigger which holds events', () => {
  let fixture: EngineFixture;

  beforeEach(async () => {
    fixture = openEngine('settle');
    await apply(fixture.services, [define('a', { triggers: [batching()] })]);
    await acceptAll(fixture.services, ['1', '2']);
  });
  afterEach(() => fixture.close());

  const flushed = async (): Promise<string[][]> => startedBy(fixture.services, 'a');

  it.each<[string, JobDefinition]>([
    ['changed', define('a', { triggers: [batching({ batch_window_seconds: 60 })] })],
    ['disabled', define('a', { triggers: [batching({ enabled: false })] })],
    ['taken away', define('a')],
    ['disabled with its job', define('a', { triggers: [batching()], enabled: false })],
  ])('flushes it first, as it was: %s', async (_, definition) => {
    expect(await apply(fixture.services, [definition])).toMatchObject({ ok: true });
    expect(await flushed()).toEqual([['1', '2']]);
    const [execution] = await executionsOf(fixture.services, 'a');
    expect(execution).toMatchObject({ job_revision: 1, status: 'QUEUED' });
  });

  it('flushes it before its job goes', async () => {
    expect(await apply(fixture.services, [], { removed: ['a'] })).toMatchObject({ ok: true });
    expect(await flushed()).toEqual([['1', '2']]);
  });

  it('leaves it alone where the trigger stays as it is', async () => {
    await apply(fixture.services, [define('a', { triggers: [batching()], timeout_seconds: 5 }), define('b')]);
    expect(await flushed()).toEqual([]);
    expect(await apply(fixture.services, [define('a')])).toMatchObject({ ok: true });
    expect((await executionsOf(fixture.services, 'a'))[0]).toMatchObject({ job_revision: 2 });
  });

  it('leaves it alone when nothing but the plan was asked for', async () => {
    await apply(fixture.services, [define('a')], { dry_run: true });
    expect(await flushed()).toEqual([]);
  });

  it('flushes it even when the queue is full or the job is busy: nothing is lost', async () => {
    const full = fixture.anotherProcess({ EXECUTOR_QUEUE_CAPACITY: 1 });
    const skipping = define('busy', {
      triggers: [triggerOf({ source: 'depot' })],
      concurrency: { skip_if_running: true },
    });
    await apply(full, [skipping, define('others')]);
    await holdOpen(fixture, 'busy');
    await accept(full, eventOf('3', { source: 'depot' }));
    await trigger(fixture.services, 'others');
    await apply(full, [define('a')], { removed: ['busy'] });
    expect(await flushed()).toEqual([['1', '2']]);
    expect(await startedBy(fixture.services, 'busy')).toEqual([['3']]);
    // What the gate would skip beside another execution waits its turn instead.
    const [waiting] = await executionsOf(fixture.services, 'busy');
    expect(waiting).toMatchObject({ status: 'PENDING', hold: 'TURN' });
  });

  it('numbers its flushes on when it comes again', async () => {
    for (const id of ['3', '4']) {
      await apply(fixture.services, [define('a')]);
      await apply(fixture.services, [define('a', { triggers: [batching()] })]);
      await acceptAll(fixture.services, [id]);
    }
    await apply(fixture.services, [define('a')]);
    const events = (await executionsOf(fixture.services, 'a')).flatMap(eventIdsOf);
    expect(events.sort()).toEqual(['1', '2', '3', '4']);
  });

  it('is registered in the end, however many events come meanwhile, and loses none of them', async () => {
    const sender = fixture.anotherProcess();
    const accepted: string[] = ['1', '2'];
    let registered = false;
    const send = async (name: string): Promise<void> => {
      for (let n = 0; !registered; n++) {
        const id = `${name}-${String(n)}`;
        const result = await accept(sender, eventOf(id));
        if (result.ok && result.outcome === 'ACCEPTED') accepted.push(id);
      }
    };
    const senders = ['u', 'v', 'w', 'x', 'y', 'z'].map(send);
    try {
      for (const seconds of [60, 3600, 60]) {
        const definition = define('a', { triggers: [batching({ batch_window_seconds: seconds })] });
        expect(await apply(fixture.services, [definition])).toMatchObject({ ok: true });
      }
    } finally {
      registered = true;
      await Promise.all(senders);
    }
    await apply(fixture.services, [define('a')]);
    expect((await flushed()).flat().sort()).toEqual(accepted.sort());
  });
});
