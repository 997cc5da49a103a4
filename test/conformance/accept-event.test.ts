import { cloudEventSchema, eventExecutionId, type CloudEvent, type EventRequest } from '@phi/core';
import { acceptEvent } from '@phi/engine';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { apply, define, executionsOf, openEngine, type EngineFixture } from './testing/engine-fixture.js';

function eventOf(id: string, more: Partial<CloudEvent> = {}): CloudEvent {
  return cloudEventSchema.parse({ specversion: '1.0', id, source: 'shop', type: 'order.placed', ...more });
}

const byApi = { trigger_id: 't', trigger_type: 'API_CALL', source: 'shop' } as const;

describe('acceptEvent', () => {
  let fixture: EngineFixture;

  beforeEach(() => {
    fixture = openEngine('events');
  });
  afterEach(() => fixture.close());

  const accept = (event: CloudEvent, more: Partial<EventRequest> = {}) =>
    acceptEvent(fixture.services, { event, channel: 'HTTP', actor: 'tester', when_full: 'REFUSE', ...more });

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
});
