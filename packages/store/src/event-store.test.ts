import { deriveId, type AcceptCommand, type DeliveryCommand, type FlushCommand } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openFixture, planJob, planOf, type StoreFixture } from './testing/store-fixture.js';
import { sealed } from './codec.js';

describe('events in Redis', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = openFixture('event-store');
    await fixture.stores.executions.savePlan(planOf('plan', [planJob('a')]));
  });
  afterEach(() => fixture.close());

  const delivery = (more: Partial<DeliveryCommand> = {}): DeliveryCommand => ({
    job_id: 'a',
    trigger_id: 't',
    plan_id: 'plan',
    execution_id: 'started',
    window_ms: 0,
    debounce_ms: 0,
    waits: false,
    digest: 'd',
    ...more,
  });
  const accept = (id: string, more: Partial<AcceptCommand> = {}) =>
    fixture.stores.events.accept({
      source: 's',
      id,
      event: `{"id":"${id}"}`,
      depth: 0,
      too_deep: false,
      hold: false,
      capacity: 100,
      actor: 'test',
      deliveries: [delivery({ window_ms: 60_000 })],
      ...more,
    });
  const flush = (more: Partial<FlushCommand> = {}) =>
    fixture.stores.events.flush({ job_id: 'a', trigger_id: 't', plan_id: 'plan', actor: 'test', ...more });
  const countOf = async () => (await fixture.stores.executions.list({ limit: 100 })).items.length;
  const firstFlush = () => deriveId('flush', fixture.namespace, 'a', 't', 0);

  it.each([
    ['STALE_GRAPH', { graph_id: 'another' }],
    ['UNKNOWN_PLAN', { deliveries: [delivery(), delivery({ job_id: 'b', execution_id: 'b' })] }],
    ['UNKNOWN_PLAN', { deliveries: [delivery(), delivery({ plan_id: 'none', execution_id: 'b' })] }],
    [
      'QUEUE_FULL',
      { capacity: 1, deliveries: [delivery(), delivery({ trigger_id: 'u', execution_id: 'b' })] },
    ],
  ])('does nothing at all where it refuses: %s', async (refusal, more) => {
    expect(await accept('1', more)).toEqual({ ok: false, refusal });
    expect(await countOf()).toBe(0);
    expect(await accept('1')).toMatchObject({ ok: true, outcome: 'ACCEPTED' });
  });

  it.each([
    ['CORRUPT_RECORD', Buffer.from('damaged')],
    ['UPGRADE_REQUIRED', sealed(Buffer.from([0x91, 99]))],
  ])('does nothing where an execution stands in the way that it cannot read: %s', async (refusal, bytes) => {
    await fixture.redis.set(fixture.keys.key('x:b'), bytes);
    const deliveries = [delivery(), delivery({ trigger_id: 'u', execution_id: 'b' })];
    expect(await accept('1', { deliveries })).toEqual({ ok: false, refusal });
    expect(await fixture.redis.exists(fixture.keys.key('x:started'))).toBe(0);
  });

  it('flushes what is due, once for each number, under an id that follows from it', async () => {
    await accept('1');
    expect(await flush({ flush: 0 })).toEqual({ ok: false, refusal: 'NOT_DUE' });
    await fixture.setClockOffset(61_000);
    expect(await flush({ flush: 1 })).toEqual({ ok: false, refusal: 'STALE_FLUSH' });
    expect(await flush({ flush: 0 })).toEqual({ ok: true, execution_id: firstFlush(), events: 1, rest: 0 });
    await accept('2');
    await fixture.setClockOffset(122_000);
    expect(await flush({ flush: 0 })).toEqual({ ok: false, refusal: 'STALE_FLUSH' });
    expect(await flush({ flush: 1 })).toMatchObject({ ok: true, events: 1 });
    expect(await flush({ flush: 2 })).toEqual({ ok: false, refusal: 'EMPTY' });
  });

  it.each([
    ['readable', 'x'],
    ['unreadable', 'damaged'],
  ])('flushes under the next number where an execution has this one already: %s', async (_, what) => {
    if (what === 'damaged') await fixture.redis.set(fixture.keys.key(`x:${firstFlush()}`), what);
    else await accept('0', { deliveries: [delivery({ execution_id: firstFlush() })] });
    await accept('1');
    expect(await flush({ force: true })).toEqual({ ok: false, refusal: 'STALE_FLUSH' });
    expect(await flush({ force: true })).toMatchObject({ ok: true, events: 1 });
    expect(await flush({ force: true })).toEqual({ ok: false, refusal: 'EMPTY' });
  });

  it('starts a job that is not registered any more as it was when its events were accepted', async () => {
    await accept('1');
    const result = await fixture.stores.events.flush({
      job_id: 'a',
      trigger_id: 't',
      force: true,
      actor: 'test',
    });
    const record = await fixture.stores.executions.get(result.ok ? result.execution_id : '');
    expect(record).toMatchObject({ job_id: 'a', plan_id: 'plan', trigger_type: 'EVENT', trigger_id: 't' });
  });

  it('points with a due time to every event that is held, whatever it waits for', async () => {
    const { events } = fixture.stores;
    await accept('1', { capacity: 0, hold: true, deliveries: [delivery()] });
    expect(await events.nextDue()).toBeDefined();
    await flush({ force: true });
    expect(await events.nextDue()).toBeUndefined();
    await fixture.redis.zadd(fixture.keys.key('open:a'), 1, 'chain');
    await accept('2', { deliveries: [delivery({ waits: true, execution_id: 'x' })] });
    await fixture.setClockOffset(60_000);
    const before = await fixture.stores.schedules.now();
    expect(await flush({ waits: true })).toEqual({ ok: false, refusal: 'BUSY' });
    expect(await events.nextDue()).toBeGreaterThan(before);
  });

  it('carries the greatest depth of its events', async () => {
    await accept('1', { depth: 3 });
    await accept('2', { depth: 7 });
    await accept('3');
    const result = await flush({ force: true });
    expect(await fixture.stores.executions.get(result.ok ? result.execution_id : '')).toMatchObject({
      depth: 7,
    });
  });
});
