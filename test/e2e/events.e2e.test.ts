import type { CloudEvent } from '@phi/core';
import { afterEach, beforeEach, expect, it } from '@jest/globals';

import { EventSender } from './fixture/event-sender.js';
import { handlers } from './fixture/handlers.js';
import { Phi } from './fixture/phi.js';

const SENT = 10_000;
const UNIQUE = 7_000;
const PARTS = 10;

/** Triggers, and which of the events each takes. */
const TRIGGERS = [
  { job_id: 'urgent', takes: (n: number) => n % 20 === 0, trigger: { filter: 'event.data.n % 20 == 0' } },
  { job_id: 'batches', takes: () => true, trigger: { batch_window_seconds: 1 } },
  {
    job_id: 'debounces',
    takes: (n: number) => n % 2 === 0,
    trigger: { debounce_seconds: 1, filter: 'event.data.n % 2 == 0' },
  },
  { job_id: 'both', takes: () => true, trigger: { batch_window_seconds: 1, debounce_seconds: 2 } },
] as const;

let phi: Phi;
let sender: EventSender;

beforeEach(async () => {
  phi = await Phi.start({
    schedulers: 1,
    executors: 1,
    env: {
      PHI_HANDLERS: handlers('BRIEF'),
      EXECUTOR_QUEUE_CAPACITY: '100000',
      SCHEDULER_POLL_INTERVAL_MS: '200',
    },
  });
  sender = new EventSender(phi.redis.url, 'e2e', phi.dataDir);
});
afterEach(async () => {
  await sender.close();
  await phi.stop();
});

const eventOf = (n: number): CloudEvent => ({
  specversion: '1.0',
  id: `event-${String(n)}`,
  source: 'shop',
  type: 'order.placed',
  data: { n },
});

/** Every event once, and some of them again, in no order: the same at each run of the test. */
function shuffled(): CloudEvent[] {
  const numbers = Array.from({ length: SENT }, (_, index) => index % UNIQUE);
  let state = 42;
  for (let at = numbers.length - 1; at > 0; at--) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = state % (at + 1);
    [numbers[at], numbers[other]] = [numbers[other] ?? 0, numbers[at] ?? 0];
  }
  return numbers.map(eventOf);
}

async function killScheduler(): Promise<void> {
  const scheduler = phi.schedulers.at(-1);
  scheduler?.signal('SIGKILL');
  await scheduler?.ended;
}

it('10,000 events, three in ten of them twice and out of order, with a scheduler that is killed twice: each in one execution of each trigger', async () => {
  await phi.api.apply({
    jobs: TRIGGERS.map(({ job_id, trigger }) => ({
      job_id,
      job_type: 'COMPOSITE',
      pipeline_modules: ['BRIEF'],
      triggers: [{ trigger_type: 'API_CALL', source: 'shop', ...trigger }],
    })),
  });
  const events = shuffled();
  const outcomes = new Map<string, number>();
  for (let part = 0; part < PARTS; part++) {
    const size = SENT / PARTS;
    const sending = sender.send(events.slice(part * size, (part + 1) * size));
    if (part === 3 || part === 6) await killScheduler();
    for (const result of await sending) {
      const outcome = result.ok ? result.outcome : result.refusal;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    }
    if (part === 4 || part === 7) await phi.startScheduler();
  }
  expect(Object.fromEntries(outcomes)).toEqual({ ACCEPTED: UNIQUE, DUPLICATE: SENT - UNIQUE });
  await phi.api.until(
    'no trigger to hold an event',
    () => sender.nextDue(),
    (due) => due === undefined,
  );

  for (const { job_id, takes } of TRIGGERS) {
    const executions = await phi.api.executionsOf(job_id);
    const found = await Promise.all(executions.map(({ parameters }) => sender.eventIds(parameters)));
    const expected = Array.from({ length: UNIQUE }, (_, n) => n)
      .filter(takes)
      .map((n) => eventOf(n).id);
    expect({ job_id, events: found.flat().toSorted() }).toEqual({ job_id, events: expected.toSorted() });
  }
});
