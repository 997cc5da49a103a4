import { type AuthoredTrigger, type JobDefinition } from '@phi/core';
import { flushTriggers } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  openEngine,
  recordOf,
  run,
  succeedWith,
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

const minutes = (count: number): number => count * 60_000;

const job = (
  more: Partial<AuthoredTrigger>,
  rest: Partial<Parameters<typeof define>[1]> = {},
): JobDefinition => define('a', { triggers: [triggerOf(more)], ...rest });

describe('batching and debouncing', () => {
  let fixture: EngineFixture;

  beforeEach(() => {
    fixture = openEngine('batching');
  });
  afterEach(() => fixture.close());

  /** Flushes at a time, in milliseconds from the beginning of the test. @returns what has been started by then */
  async function flushAt(offsetMs: number): Promise<string[][]> {
    await fixture.setClockOffset(offsetMs);
    await flushTriggers(fixture.services);
    return startedBy(fixture.services, 'a');
  }

  it('collects from the first event of a batch, in order of acceptance, and begins the next one with the next event', async () => {
    await apply(fixture.services, [job({ batch_window_seconds: 3600 })]);
    expect(await acceptAll(fixture.services, ['b', 'a'])).toEqual(['BATCHED', 'BATCHED']);
    await fixture.setClockOffset(minutes(50));
    await acceptAll(fixture.services, ['c']);
    expect(await flushAt(minutes(50))).toEqual([]);
    expect(await flushAt(minutes(61))).toEqual([['b', 'a', 'c']]);
    await acceptAll(fixture.services, ['d']);
    expect(await flushAt(minutes(120))).toHaveLength(1);
    expect(await flushAt(minutes(122))).toEqual([['b', 'a', 'c'], ['d']]);
  });

  it('lets the first event fire at once and all that come within debounce_seconds together at its end', async () => {
    await apply(fixture.services, [job({ debounce_seconds: 3600 })]);
    expect(await acceptAll(fixture.services, ['1', '2', '3'])).toEqual(['STARTED', 'BATCHED', 'BATCHED']);
    expect(await flushAt(minutes(59))).toEqual([['1']]);
    expect(await flushAt(minutes(61))).toEqual([['1'], ['2', '3']]);
    expect(await acceptAll(fixture.services, ['4'])).toEqual(['BATCHED']);
    expect(await flushAt(minutes(119))).toHaveLength(2);
    expect(await flushAt(minutes(122))).toEqual([['1'], ['2', '3'], ['4']]);
    await fixture.setClockOffset(minutes(200));
    expect(await acceptAll(fixture.services, ['5'])).toEqual(['STARTED']);
  });

  it('does both: a batch, not sooner than debounce_seconds after the last', async () => {
    await apply(fixture.services, [job({ batch_window_seconds: 600, debounce_seconds: 3600 })]);
    await acceptAll(fixture.services, ['1', '2']);
    expect(await flushAt(minutes(11))).toEqual([['1', '2']]);
    await acceptAll(fixture.services, ['3']);
    expect(await flushAt(minutes(70))).toHaveLength(1);
    expect(await flushAt(minutes(72))).toEqual([['1', '2'], ['3']]);
  });

  it('says when the next trigger is due', async () => {
    await apply(fixture.services, [job({ batch_window_seconds: 3600 })]);
    expect(await flushTriggers(fixture.services)).toEqual({ flushed: 0 });
    await acceptAll(fixture.services, ['1']);
    const report = await flushTriggers(fixture.services);
    expect(report.next_in_ms).toBeGreaterThan(minutes(59));
    expect(report.next_in_ms).toBeLessThanOrEqual(minutes(60));
  });

  it('starts each batch once, however many schedulers flush it at once', async () => {
    await apply(fixture.services, [job({ batch_window_seconds: 60 })]);
    const schedulers = [fixture.services, fixture.anotherProcess(), fixture.anotherProcess()];
    for (let round = 1; round <= 5; round++) {
      await acceptAll(fixture.services, [`${String(round)}a`, `${String(round)}b`]);
      await fixture.setClockOffset(round * 61_000);
      const reports = await Promise.all(schedulers.map((services) => flushTriggers(services)));
      expect(reports.reduce((sum, { flushed }) => sum + flushed, 0)).toBe(1);
    }
    expect((await startedBy(fixture.services, 'a')).flat()).toHaveLength(10);
  });

  it('takes at most 1,000 events at once, and what is left is due at once', async () => {
    await apply(fixture.services, [job({ batch_window_seconds: 60, debounce_seconds: 3600 })]);
    const ids = Array.from({ length: 2_100 }, (_, n) => String(n));
    await Promise.all(ids.map((id) => accept(fixture.services, eventOf(id))));
    const started = await flushAt(61_000);
    expect(started.map((events) => events.length).toSorted((a, b) => a - b)).toEqual([100, 1000, 1000]);
    expect(new Set(started.flat()).size).toBe(2_100);
  });

  it('keeps what has been flushed nowhere else', async () => {
    await apply(fixture.services, [job({ batch_window_seconds: 60 })]);
    await acceptAll(fixture.services, ['1', '2']);
    await flushAt(61_000);
    const keys = await fixture.redis.keys(fixture.key('*').replaceAll(/[{}[\]]/g, '?'));
    const kept = keys.map((key) => key.slice(fixture.key('').length));
    expect(kept.filter((key) => /^(event:|batch:|holding:|busy_triggers:|triggers_due)/.test(key))).toEqual(
      [],
    );
  });

  describe('of events that are large', () => {
    const large = (id: string) => eventOf(id, { data: 'x'.repeat(60_000) });

    beforeEach(async () => {
      await fixture.registerExecutor('executor');
      await apply(fixture.services, [
        job({ batch_window_seconds: 60 }, { retry_policy: { max_attempts: 2 } }),
      ]);
      for (const id of ['1', '2', '3', '4', '5']) await accept(fixture.services, large(id));
      await accept(fixture.services, eventOf('small'));
      await flushAt(61_000);
    });

    const theExecution = async () => (await executionsOf(fixture.services, 'a'))[0]?.execution_id ?? '';

    it('has as much inline as fits in 192 KiB, and refers to the rest', async () => {
      const record = await recordOf(fixture.services, await theExecution());
      expect(eventIdsOf(record)).toEqual(['1', '2', '3', 'event:4', 'event:5', 'small']);
      expect(record.parameters?.length).toBeLessThan(256 * 1024);
    });

    it('shows a body every event in full, at every attempt', async () => {
      const seen: unknown[] = [];
      const failed = await run(fixture.services, await theExecution(), (attempt) => {
        seen.push(attempt.parameters['events']);
        return { kind: 'failed', error_code: 'EXEC_018_CONNECTION_FAILED', error_message: 'on purpose' };
      });
      const retry = (
        await recordOf(fixture.services, 'execution' in failed ? failed.execution.execution_id : '')
      ).retried_by;
      await fixture.setClockOffset(10_000_000);
      await fixture.registerExecutor('executor');
      await fixture.services.executions.transition({
        event: 'ENQUEUE',
        execution_id: retry ?? '',
        actor: 'test',
      });
      await run(fixture.services, retry ?? '', (attempt) => {
        seen.push(attempt.parameters['events']);
        return succeedWith();
      });
      const all = [...['1', '2', '3', '4', '5'].map(large), eventOf('small')];
      expect(seen).toEqual([all, all]);
    });

    it('fails an attempt that refers to what is not kept any more, and says so', async () => {
      await fixture.redis.del(fixture.key('event:4'));
      await run(fixture.services, await theExecution(), () => succeedWith());
      const record = await recordOf(fixture.services, await theExecution());
      expect(record).toMatchObject({ status: 'FAILED', reason: 'STATE_002_QUEUE_STATE_CORRUPT' });
      expect(record.result).toContain('event 4 is not kept any more');
    });

    it('keeps what is referred to for 90 days, and has no end to what waits still', async () => {
      expect(await fixture.redis.ttl(fixture.key('event:4'))).toBeGreaterThan(89 * 86_400);
      await accept(fixture.services, large('6'));
      expect(await fixture.redis.ttl(fixture.key('event:7'))).toBe(-1);
    });
  });

  it('takes a reference that somebody else has written for plain data', async () => {
    await fixture.registerExecutor('executor');
    await apply(fixture.services, [job({ batch_window_seconds: 60 })]);
    await acceptAll(fixture.services, ['secret']);
    const events = [{ $ref: 'event:1' }];
    const byHand = await trigger(fixture.services, 'a', { parameters: { events } });
    let seen: unknown;
    await run(fixture.services, byHand, (attempt) => {
      seen = attempt.parameters['events'];
      return succeedWith();
    });
    expect(seen).toEqual(events);
  });

  it('keeps parameters below 256 KiB whatever the sizes of a thousand events', async () => {
    await apply(fixture.services, [job({ batch_window_seconds: 60 })]);
    const events = Array.from({ length: 1000 }, (_, n) =>
      eventOf(String(n), { data: 'x'.repeat(n % 7 === 0 ? 30_000 : 100) }),
    );
    await Promise.all(events.map((event) => accept(fixture.services, event)));
    await flushAt(61_000);
    const [record] = await executionsOf(fixture.services, 'a');
    expect(eventIdsOf(record ?? (await recordOf(fixture.services, '')))).toHaveLength(1000);
    expect(record?.parameters?.length).toBeLessThan(256 * 1024);
  });

  describe('of a job that skips if running', () => {
    const skipping = { concurrency: { skip_if_running: true } } as const;

    it.each([
      ['concurrency', skipping],
      [
        'schedule',
        { schedule: { schedule_type: 'CRON', cron_expression: '@yearly', skip_if_running: true } },
      ],
    ] as const)('keeps the list waiting while a chain is open (%s)', async (_, more) => {
      await apply(fixture.services, [job({}, more)]);
      const end = await holdOpen(fixture, 'a');
      expect(await acceptAll(fixture.services, ['1', '2'])).toEqual(['BATCHED', 'BATCHED']);
      expect(await flushAt(30_000)).toEqual([]);
      await end();
      expect(await flushAt(60_000)).toEqual([['1', '2']]);
    });

    it('is due at once when the chain ends, and goes on waiting while another is open', async () => {
      await apply(fixture.services, [job({}, skipping)]);
      const running = await trigger(fixture.services, 'a');
      const end = await holdOpen(fixture, 'a');
      await acceptAll(fixture.services, ['1']);
      await end();
      const endAnother = await holdOpen(fixture, 'a');
      await fixture.services.executions.transition({ event: 'CANCEL', execution_id: running, actor: 'test' });
      expect(await fixture.services.events.nextDue()).toBeLessThanOrEqual(
        await fixture.services.schedules.now(),
      );
      expect((await flushTriggers(fixture.services)).flushed).toBe(0);
      const another = await trigger(fixture.services, 'a');
      await endAnother();
      await fixture.services.executions.transition({ event: 'CANCEL', execution_id: another, actor: 'test' });
      expect((await flushTriggers(fixture.services)).flushed).toBe(1);
    });

    it('keeps a batch that is due waiting as well', async () => {
      await apply(fixture.services, [job({ batch_window_seconds: 10 }, skipping)]);
      await acceptAll(fixture.services, ['1']);
      const end = await holdOpen(fixture, 'a');
      expect(await flushAt(11_000)).toEqual([]);
      await acceptAll(fixture.services, ['2']);
      await end();
      expect(await flushAt(30_000)).toEqual([['1', '2']]);
    });

    it('starts one execution, where an event matches two of its triggers, and keeps the other waiting', async () => {
      await apply(fixture.services, [
        define('a', { triggers: [triggerOf(), triggerOf({ trigger_id: 'u' })], ...skipping }),
      ]);
      const result = await accept(fixture.services, eventOf('1'));
      expect(result).toMatchObject({ deliveries: [{ state: 'STARTED' }, { state: 'BATCHED' }] });
    });

    it('does not wait where queue_if_running has the gate do it', async () => {
      await apply(fixture.services, [
        job({}, { concurrency: { skip_if_running: true, queue_if_running: true } }),
      ]);
      await holdOpen(fixture, 'a');
      expect(await acceptAll(fixture.services, ['1'])).toEqual(['STARTED']);
    });
  });

  describe('with a queue that is full', () => {
    let full: EngineFixture['services'];

    beforeEach(async () => {
      full = fixture.anotherProcess({ EXECUTOR_QUEUE_CAPACITY: 2 });
      await apply(fixture.services, [
        define('a', { triggers: [triggerOf()] }),
        define('batches', { triggers: [triggerOf({ source: 'depot', batch_window_seconds: 10 })] }),
        define('others'),
      ]);
    });

    const fill = () => Promise.all([1, 2].map(() => trigger(fixture.services, 'others')));
    const empty = (ids: readonly string[]) =>
      Promise.all(
        ids.map((execution_id) =>
          fixture.services.executions.transition({ event: 'CANCEL', execution_id, actor: 'test' }),
        ),
      );

    it('refuses whoever can come again, says when, and has done nothing', async () => {
      const waiting = await fill();
      const refused = await accept(full, eventOf('1'));
      expect(refused).toEqual({ ok: false, refusal: 'QUEUE_FULL', retry_after_seconds: expect.any(Number) });
      expect(await executionsOf(full, 'a')).toEqual([]);
      await empty(waiting);
      expect(await accept(full, eventOf('1'))).toMatchObject({ outcome: 'ACCEPTED' });
    });

    it('holds what has no caller to tell, and starts it in order once there is room', async () => {
      const waiting = await fill();
      const held = await accept(full, eventOf('1'), { when_full: 'HOLD' });
      expect(held).toMatchObject({ outcome: 'ACCEPTED', deliveries: [{ state: 'HELD' }] });
      await fixture.setClockOffset(5_000);
      expect((await flushTriggers(full)).flushed).toBe(0);
      // A caller is not let wait behind what is held.
      expect(await accept(full, eventOf('2'))).toMatchObject({ refusal: 'QUEUE_FULL' });
      await empty(waiting);
      expect(await acceptAll(full, ['2'])).toEqual(['BATCHED']);
      await fixture.setClockOffset(10_000);
      expect((await flushTriggers(full)).flushed).toBe(1);
      expect(await startedBy(full, 'a')).toEqual([['1', '2']]);
      expect(await full.events.counts()).toMatchObject({ ACCEPTED: 2, HELD: 1 });
    });

    it('starts as many as there is room for and holds the others of one event', async () => {
      await trigger(fixture.services, 'others');
      await apply(fixture.services, [define('b', { triggers: [triggerOf()] })]);
      const result = await accept(full, eventOf('1'), { when_full: 'HOLD' });
      expect(result).toMatchObject({ deliveries: [{ state: 'STARTED' }, { state: 'HELD' }] });
      expect(await accept(full, eventOf('2'))).toMatchObject({ refusal: 'QUEUE_FULL' });
    });

    it('goes on collecting batches, and keeps those that are due', async () => {
      await fill();
      expect(await accept(full, eventOf('1', { source: 'depot' }))).toMatchObject({
        deliveries: [{ state: 'BATCHED' }],
      });
      await fixture.setClockOffset(11_000);
      expect((await flushTriggers(full)).flushed).toBe(0);
    });

    it('does not count what runs or waits for others', async () => {
      await fixture.registerExecutor('executor');
      const [claimed] = await fill();
      await fixture.services.executions.transition({
        event: 'CLAIM',
        execution_id: claimed ?? '',
        executor_id: 'executor',
        nonce: 'n',
        actor: 'test',
      });
      await apply(fixture.services, [define('waits', { after: ['others'] })]);
      await trigger(fixture.services, 'waits');
      expect(await accept(full, eventOf('1'))).toMatchObject({ outcome: 'ACCEPTED' });
    });
  });
});
