import { QueueEvents, Queue } from 'bullmq';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { EVENTS_QUEUE, IntakeWorker, queuePrefix } from '@phi/queues';

import { takeEvent } from './event-intake.js';
import { openSchedulerFixture, type SchedulerFixture } from './testing/scheduler-fixture.js';

const EVENT = { specversion: '1.0', id: 'order-1', source: 'shop', type: 'order.placed', data: { n: 1 } };

describe('phi_events', () => {
  let fixture: SchedulerFixture;
  let queue: Queue;
  let outcomes: QueueEvents;
  const workers: IntakeWorker[] = [];

  beforeEach(async () => {
    fixture = openSchedulerFixture('phi-events');
    const { corner } = fixture;
    const prefix = queuePrefix(corner.namespace);
    queue = new Queue(EVENTS_QUEUE, { prefix, connection: corner.connect() });
    queue.setMaxListeners(0);
    // From the beginning: what ends before it listens is heard as well.
    outcomes = new QueueEvents(EVENTS_QUEUE, { prefix, connection: corner.connect(), lastEventId: '0-0' });
    await outcomes.waitUntilReady();
    await fixture.apply('invoice', [
      { trigger_id: 'orders', trigger_type: 'MESSAGE', source: 'shop' },
      { trigger_id: 'hooks', trigger_type: 'WEBHOOK', source: 'shop' },
    ]);
  });
  afterEach(async () => {
    await Promise.all(workers.splice(0).map((worker) => worker.close(1000)));
    await queue.close();
    await outcomes.close();
    await fixture.close();
  });

  function take(): void {
    const { services } = fixture.another();
    const { url: redisUrl, namespace } = fixture.corner;
    const onMessage: ConstructorParameters<typeof IntakeWorker>[0]['onMessage'] = (message) =>
      takeEvent(services, message);
    workers.push(
      new IntakeWorker({
        redisUrl,
        namespace,
        queue: EVENTS_QUEUE,
        concurrency: 5,
        onMessage,
        onError: () => undefined,
      }),
    );
  }
  /** What the sender of a message gets to read. */
  async function ask(data: unknown): Promise<unknown> {
    const job = await queue.add('event', data);
    return job.waitUntilFinished(outcomes);
  }

  it('takes an event, and tells its sender what it has led to', async () => {
    take();
    expect(await ask(EVENT)).toEqual({
      outcome: 'ACCEPTED',
      deliveries: [
        {
          job_id: 'invoice',
          trigger_id: 'orders',
          state: 'STARTED',
          execution_id: expect.stringMatching(/^[0-9a-f]{24}$/),
        },
      ],
      passed_over: [
        { job_id: 'invoice', trigger_id: 'hooks', reason: 'takes events by WEBHOOK, not by QUEUE' },
      ],
    });
    expect(await ask({ event: EVENT })).toMatchObject({ outcome: 'DUPLICATE' });
    expect(await ask({ event: { ...EVENT, source: 'nobody' } })).toMatchObject({ outcome: 'UNMATCHED' });
    expect(await fixture.eventsOf('invoice')).toEqual([EVENT]);
    const { items } = await fixture.services.executions.list({ job_id: 'invoice', limit: 1 });
    expect(items[0]?.history[0]).toMatchObject({ event: 'CREATE', actor: 'queue:phi_events' });
  });

  it.each([
    ['without an id', { ...EVENT, id: undefined }, 'id: is required'],
    [
      'in a mapping, without a version',
      { event: { ...EVENT, specversion: 7 } },
      'event.specversion: 7 is not',
    ],
    ['that is a text', JSON.stringify(EVENT), 'is not a mapping; accepted: a CloudEvent as a mapping'],
    ['that is a list', [EVENT], 'is not a mapping'],
    ['that is a text in a mapping', { event: 'order' }, 'event: is not a mapping'],
    [
      'that is too large',
      { ...EVENT, data: 'x'.repeat(70_000) },
      'is too large; accepted: an event of at most 64 KiB',
    ],
  ])('refuses an event %s, for good', async (_name, data, reason) => {
    take();
    await expect(ask(data)).rejects.toThrow(reason);
    await expect(ask(data)).rejects.not.toThrow('order.placed');
    expect(await fixture.eventsOf('invoice')).toEqual([]);
  });

  it('takes each event once, however many schedulers take from the queue', async () => {
    for (let n = 0; n < 3; n++) take();
    const events = Array.from({ length: 100 }, (_, n) => ({ ...EVENT, id: `order-${String(n % 50)}` }));
    const jobs = await queue.addBulk(events.map((data) => ({ name: 'event', data })));
    await Promise.all(jobs.map((job) => job.waitUntilFinished(outcomes)));
    const ids = (await fixture.eventsOf('invoice')).map(({ id }) => id);
    expect([ids.length, new Set(ids).size]).toEqual([50, 50]);
  });
});
