import { eventExecutionId, type CloudEvent, type EventRequest } from '@phi/core';
import { flushTriggers } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  apply,
  define,
  executionsOf,
  openEngine,
  run,
  succeedWith,
  type EngineFixture,
} from './testing/engine-fixture.js';
import * as events from './testing/event-fixture.js';

const { eventOf } = events;
const byApi = { trigger_id: 't', trigger_type: 'API_CALL', source: 'shop' } as const;

describe('acceptEvent', () => {
  let fixture: EngineFixture;

  beforeEach(() => {
    fixture = openEngine('events');
  });
  afterEach(() => fixture.close());

  const accept = (event: CloudEvent, more: Partial<EventRequest> = {}) =>
    events.accept(fixture.services, event, more);

  it('starts one execution of each trigger that takes the event, with the event as its parameter', async () => {
    await apply(fixture.services, [define('a', { triggers: [byApi] }), define('b', { triggers: [byApi] })]);
    const event = eventOf('1', { data: { amount: 7, tags: [] } });
    const result = await accept(event);
    const ids = ['a', 'b'].map((job_id) =>
      eventExecutionId(fixture.namespace, { job_id, trigger_id: 't' }, event),
    );
    expect(result).toEqual({
      ok: true,
      outcome: 'ACCEPTED',
      deliveries: [
        { job_id: 'a', trigger_id: 't', state: 'STARTED', execution_id: ids[0] },
        { job_id: 'b', trigger_id: 't', state: 'STARTED', execution_id: ids[1] },
      ],
      passed_over: [],
    });
    const [execution] = await executionsOf(fixture.services, 'a');
    expect(execution).toMatchObject({ execution_id: ids[0], trigger_type: 'EVENT', trigger_id: 't' });
    expect(JSON.parse(execution?.parameters ?? '')).toEqual({ events: [event] });
  });

  it('drops what it has accepted before, and tells one source from another', async () => {
    await apply(fixture.services, [
      define('a', { triggers: [byApi, { ...byApi, trigger_id: 'u', source: 'depot' }] }),
    ]);
    await accept(eventOf('1'));
    expect(await accept(eventOf('1', { data: 'changed' }))).toMatchObject({
      outcome: 'DUPLICATE',
      deliveries: [],
    });
    expect(await accept(eventOf('1', { source: 'depot' }))).toMatchObject({ outcome: 'ACCEPTED' });
    expect(await executionsOf(fixture.services, 'a')).toHaveLength(2);
  });

  it('names the triggers whose type does not take the channel', async () => {
    await apply(fixture.services, [
      define('a', { triggers: [byApi, { ...byApi, trigger_id: 'm', trigger_type: 'MESSAGE' }] }),
    ]);
    expect(await accept(eventOf('1'))).toMatchObject({
      deliveries: [{ trigger_id: 't' }],
      passed_over: [{ job_id: 'a', trigger_id: 'm', reason: 'takes events by QUEUE, STREAM, not by HTTP' }],
    });
  });

  it('starts nothing for what no active trigger takes, and does not remember it', async () => {
    await apply(fixture.services, [
      define('off', { enabled: false, triggers: [byApi] }),
      define('a', { triggers: [{ ...byApi, enabled: false }] }),
    ]);
    expect(await accept(eventOf('1'))).toMatchObject({ outcome: 'UNMATCHED', deliveries: [] });
    await apply(fixture.anotherProcess(), [define('a', { triggers: [byApi] })]);
    expect(await accept(eventOf('1'))).toMatchObject({ outcome: 'ACCEPTED' });
  });

  it('refuses an event that is too large', async () => {
    await apply(fixture.services, [define('a', { triggers: [byApi] })]);
    expect(await accept(eventOf('1', { data: 'x'.repeat(65_536) }))).toEqual({
      ok: false,
      refusal: 'EVENT_TOO_LARGE',
    });
    expect(await executionsOf(fixture.services, 'a')).toEqual([]);
  });

  it('makes one execution of fifty of the same event at once, whichever process they reach', async () => {
    await apply(fixture.services, [define('a', { triggers: [byApi] })]);
    const processes = [fixture.services, fixture.anotherProcess(), fixture.anotherProcess()];
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, n) => events.accept(processes[n % 3] ?? fixture.services, eventOf('1'))),
    );
    const outcomes = results.map((result) => (result.ok ? result.outcome : result.refusal));
    expect(outcomes.filter((outcome) => outcome === 'ACCEPTED')).toHaveLength(1);
    expect(outcomes.filter((outcome) => outcome === 'DUPLICATE')).toHaveLength(49);
    expect(await executionsOf(fixture.services, 'a')).toHaveLength(1);
  });

  it('remembers for seven days what it has accepted', async () => {
    await apply(fixture.services, [define('a', { triggers: [byApi] })]);
    await accept(eventOf('1'));
    const [seen] = await fixture.redis.keys(fixture.key('seen:*').replaceAll(/[{}]/g, '?'));
    expect(await fixture.redis.ttl(seen ?? '')).toBeGreaterThan(604_700);
  });

  it('takes the triggers that are registered now, though this process has read others', async () => {
    const other = fixture.anotherProcess();
    await apply(fixture.services, [define('a', { triggers: [byApi] })]);
    await accept(eventOf('1'));
    await apply(other, [define('a'), define('b', { triggers: [byApi] })]);
    expect(await accept(eventOf('2'))).toMatchObject({ deliveries: [{ job_id: 'b', state: 'STARTED' }] });
  });

  it('merges the event over the defaults of the job', async () => {
    await fixture.registerExecutor('executor');
    const job = define('a', { triggers: [byApi], parameters: { kept: [1], events: 'none' } });
    await apply(fixture.services, [job]);
    await accept(eventOf('1'));
    let seen: unknown;
    const [execution] = await executionsOf(fixture.services, 'a');
    await run(fixture.services, execution?.execution_id ?? '', (attempt) => {
      seen = attempt.parameters;
      return succeedWith();
    });
    expect(seen).toEqual({ kept: [1], events: [eventOf('1')] });
  });

  it('starts a hundred executions in one call, and the others of an event with the next flush', async () => {
    const jobs = Array.from({ length: 130 }, (_, n) => define(`job-${String(n)}`, { triggers: [byApi] }));
    await apply(fixture.services, jobs);
    const result = await accept(eventOf('1'));
    const states = result.ok ? result.deliveries.map(({ state }) => state) : [];
    expect(states.filter((state) => state === 'STARTED')).toHaveLength(100);
    expect(states.filter((state) => state === 'BATCHED')).toHaveLength(30);
    expect((await flushTriggers(fixture.services)).flushed).toBe(30);
    expect((await fixture.services.executions.list({ limit: 500 })).items).toHaveLength(130);
  });

  it('counts what becomes of events', async () => {
    await apply(fixture.services, [define('a', { triggers: [byApi] })]);
    await accept(eventOf('1'));
    await accept(eventOf('1'));
    await accept(eventOf('2', { source: 'elsewhere' }));
    await accept(eventOf('3', { phidepth: 33 }));
    expect(await fixture.services.events.counts()).toEqual({
      ACCEPTED: 1,
      DUPLICATE: 1,
      UNMATCHED: 1,
      TOO_DEEP: 1,
      HELD: 0,
    });
  });

  it('follows a chain of executions and events down to a depth of 32', async () => {
    await apply(fixture.services, [define('a', { triggers: [byApi] })]);
    expect(await accept(eventOf('32', { phidepth: 32 }))).toMatchObject({ outcome: 'ACCEPTED' });
    expect(await accept(eventOf('33', { phidepth: 33 }))).toMatchObject({
      outcome: 'TOO_DEEP',
      deliveries: [],
    });
    expect(await accept(eventOf('34', { phidepth: '33' }))).toMatchObject({ outcome: 'TOO_DEEP' });
    expect(await accept(eventOf('35', { phidepth: 'none' }))).toMatchObject({ outcome: 'ACCEPTED' });
    const executions = await executionsOf(fixture.services, 'a');
    expect(new Set(executions.map(({ depth }) => depth))).toEqual(new Set([32, undefined]));
  });

  describe('with a filter', () => {
    const filtered = (filter: string) => define('a', { triggers: [{ ...byApi, filter }] });

    it('starts what the filter lets through, and is silent about the rest', async () => {
      await apply(fixture.services, [filtered('event.data.amount > 100 && event.type == "order.placed"')]);
      expect(await accept(eventOf('1', { data: { amount: 101 } }))).toMatchObject({ outcome: 'ACCEPTED' });
      expect(await accept(eventOf('2', { data: { amount: 100 } }))).toMatchObject({
        outcome: 'UNMATCHED',
        passed_over: [],
      });
    });

    it('passes over a trigger whose filter has no answer, and reports that once', async () => {
      await apply(fixture.services, [
        filtered('event.data.amount > 100'),
        define('b', { triggers: [byApi] }),
      ]);
      const result = await accept(eventOf('1', { data: {} }));
      expect(result).toMatchObject({
        outcome: 'ACCEPTED',
        deliveries: [{ job_id: 'b' }],
        passed_over: [{ job_id: 'a', trigger_id: 't', reason: expect.stringContaining('amount') }],
      });
      await accept(eventOf('2', { data: {} }));
      await accept(eventOf('3', { data: { amount: [] } }));
      await events.accept(fixture.anotherProcess(), eventOf('4', { data: {} }));
      expect(fixture.reported).toHaveLength(2);
      expect(new Set(fixture.reported.map(({ id }) => id)).size).toBe(1);
      expect(fixture.reported[0]).toMatchObject({
        queue: 'phi_scheduling_errors',
        error_code: 'SCHED_004_INVALID_TRIGGER',
        error: { job_id: 'a', schedule_id: 't', error_code: 'SCHED_004_INVALID_TRIGGER' },
      });
    });
  });

  it.each([
    ['locked', { parameters: { events: [] }, locked_parameters: ['events'] }, /parameters\.events is locked/],
    [
      'not what the schema has',
      { parameter_schema: { properties: { events: { items: { required: ['subject'] } } } } },
      /parameters\.events\[0\]/,
    ],
  ])('passes over a trigger whose job does not accept the parameters: %s', async (_, more, reason) => {
    await apply(fixture.services, [
      define('a', { triggers: [byApi], ...more }),
      define('b', { triggers: [byApi] }),
    ]);
    expect(await accept(eventOf('1'))).toMatchObject({
      deliveries: [{ job_id: 'b' }],
      passed_over: [{ job_id: 'a', reason: expect.stringMatching(reason) }],
    });
    expect(fixture.reported).toHaveLength(1);
  });
});
