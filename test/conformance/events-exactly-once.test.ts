import { flushTriggers, type Services } from '@phi/engine';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { apply, define, executionsOf, openEngine, type EngineFixture } from './testing/engine-fixture.js';
import { accept, eventIdsOf, eventOf, holdOpen, triggerOf } from './testing/event-fixture.js';

const EVENTS = 24;
const DEBOUNCE_MS = 5000;
const LONG_AFTER_MS = 60_000;

const jobs = (batchWindow: number) => [
  define('immediate', { triggers: [triggerOf()] }),
  define('batches', { triggers: [triggerOf({ batch_window_seconds: batchWindow })] }),
  define('debounces', { triggers: [triggerOf({ debounce_seconds: DEBOUNCE_MS / 1000 })] }),
  define('both', {
    triggers: [triggerOf({ batch_window_seconds: 2, debounce_seconds: DEBOUNCE_MS / 1000 })],
  }),
  define('skips', { triggers: [triggerOf()], concurrency: { skip_if_running: true } }),
];
const JOB_IDS = jobs(0).map(({ job_id }) => job_id);

type Step =
  /** Sent by one process, or by both at once; out of order and, as they are few, often again. */
  | { readonly kind: 'accept'; readonly event: number; readonly by: readonly number[] }
  | { readonly kind: 'flush'; readonly by: readonly number[] }
  | { readonly kind: 'wait'; readonly ms: number }
  /** A chain of the job that skips opens beside those that are, or ends. */
  | { readonly kind: 'busy'; readonly busy: boolean }
  | { readonly kind: 'end_chains' }
  | { readonly kind: 'change'; readonly batchWindow: number };

const by = fc.constantFrom([0], [1], [0, 1]);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant('accept' as const),
      event: fc.nat({ max: EVENTS - 1 }),
      by,
    }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('flush' as const), by }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.nat({ max: 4000 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('busy' as const), busy: fc.boolean() }) },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'end_chains' }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('change' as const), batchWindow: fc.constantFrom(3, 6) }),
  },
);

/** Two processes that play a story; the second holds what a queue of five does not take. */
class Story {
  readonly accepted: string[] = [];
  private readonly processes: readonly Services[];
  private offsetMs = 0;
  private endBusy: (() => Promise<void>) | undefined;

  constructor(private readonly fixture: EngineFixture) {
    this.processes = [fixture.services, fixture.anotherProcess({ EXECUTOR_QUEUE_CAPACITY: 5 })];
  }

  async play(steps: readonly Step[]): Promise<void> {
    await apply(this.fixture.services, jobs(3));
    for (const next of steps) await this.take(next);
    for (let left: number | undefined = 0; left !== undefined;) {
      await this.take({ kind: 'busy', busy: false });
      await this.take({ kind: 'end_chains' });
      await this.take({ kind: 'wait', ms: LONG_AFTER_MS });
      await this.take({ kind: 'flush', by: [0] });
      left = await this.fixture.services.events.nextDue();
    }
  }

  private async take(next: Step): Promise<void> {
    const by = 'by' in next ? next.by.map((index) => this.processes[index] ?? this.fixture.services) : [];
    if (next.kind === 'accept') await this.accept(String(next.event), by);
    if (next.kind === 'flush') await Promise.all(by.map((services) => flushTriggers(services)));
    if (next.kind === 'wait') await this.fixture.setClockOffset((this.offsetMs += next.ms));
    if (next.kind === 'busy') await this.beBusy(next.busy);
    if (next.kind === 'end_chains') await this.endChains();
    if (next.kind === 'change') await apply(this.fixture.services, jobs(next.batchWindow));
  }

  private async accept(id: string, by: readonly Services[]): Promise<void> {
    const results = await Promise.all(
      by.map((services) => accept(services, eventOf(id), { when_full: 'HOLD' })),
    );
    const outcomes = results.map((result) => (result.ok ? result.outcome : result.refusal));
    if (outcomes.includes('ACCEPTED')) this.accepted.push(id);
  }

  private async beBusy(busy: boolean): Promise<void> {
    await this.endBusy?.();
    this.endBusy = busy ? await holdOpen(this.fixture, 'skips') : undefined;
  }

  private async endChains(): Promise<void> {
    const open = (await executionsOf(this.fixture.services, 'skips')).filter(
      ({ status }) => status === 'QUEUED',
    );
    for (const { execution_id } of open)
      await this.fixture.services.executions.transition({ event: 'CANCEL', execution_id, actor: 'test' });
  }
}

/** What a job's executions have of the accepted events, by the order of their acceptance. */
async function placesOf(services: Services, jobId: string, accepted: readonly string[]): Promise<number[][]> {
  const executions = await executionsOf(services, jobId);
  return executions.map((record) => eventIdsOf(record).map((id) => accepted.indexOf(id)));
}

async function tell(steps: readonly Step[]): Promise<void> {
  const fixture = openEngine('exactly-once');
  try {
    const story = new Story(fixture);
    await story.play(steps);
    for (const jobId of JOB_IDS) {
      const places = await placesOf(fixture.services, jobId, story.accepted);
      // Executions in the order of their first events have all events one after another: each once, none out of order.
      const inOrder = places.toSorted(([a = -1], [b = -1]) => a - b).flat();
      expect({ jobId, events: inOrder }).toEqual({ jobId, events: [...story.accepted.keys()] });
    }
    const { items } = await fixture.services.executions.list({ status: 'CANCELLED', limit: 1000 });
    expect(items.filter(({ reason }) => reason !== undefined)).toEqual([]);
    for (const jobId of ['debounces', 'both']) {
      const executions = await executionsOf(fixture.services, jobId);
      const started = executions.map(({ created_time }) => created_time).toSorted((a, b) => a - b);
      const gaps = started.slice(1).map((time, index) => time - (started[index] ?? 0));
      expect(Math.min(...gaps, DEBOUNCE_MS)).toBe(DEBOUNCE_MS);
    }
  } finally {
    await fixture.close();
  }
}

describe('each accepted event', () => {
  it('is in exactly one execution of each trigger that it matches, in order of acceptance', async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), tell), {
      numRuns: 25,
    });
  });
});
