import { setTimeout as pause } from 'node:timers/promises';

import type { Random } from '../random.js';
import type { Client } from './client.js';
import { eventOf, oneRoot, planOf, TAKES } from './jobs.js';
import type { Told } from './told.js';

/** How many clients act at the same time. */
const CLIENTS = 8;
/** So much is asked for in a second, on average. */
const PER_SECOND = 24;

/** Of what clients do, how often, in a hundred. */
const SHARES = { cancel: 12, event: 20, retry: 4 };
/** Of the triggers, how many come more than once. */
const REPEATED = 0.25;

/** What clients do, as a seed has it, until they have asked for so much. Whatever they are told is kept. */
export class Workload {
  readonly told: Told[] = [];
  /** How many executions were accepted: those that a run is planned to have among them. */
  accepted = 0;
  private asked = 0;
  private events = 0;
  private readonly roots: string[] = [];

  constructor(
    private readonly client: Client,
    private readonly random: Random,
    /** How much is asked for: jobs of triggered runs, events, and dead letters to retry. */
    private readonly executions: number,
    /** Dead letters at the moment, to be retried. */
    private readonly deadLetters: () => Promise<readonly string[]>,
    /** An answer that no fault explains. */
    private readonly onSurprise: (what: string) => void,
  ) {}

  /** Resolves when everything is accepted. */
  async run(): Promise<void> {
    const acts = Array.from({ length: CLIENTS }, (_, number) => this.act(this.random.apart(number)));
    await Promise.all(acts);
  }

  private async act(random: Random): Promise<void> {
    while (this.asked < this.executions) {
      const kind = random.whole(1, 100);
      if (kind <= SHARES.cancel) await this.cancel(random);
      else if (kind <= SHARES.cancel + SHARES.retry) await this.retryDeadLetter(random);
      else if (kind <= SHARES.cancel + SHARES.retry + SHARES.event) await this.sendEvents(random);
      else await this.trigger(random);
    }
  }

  /** Takes from what may be asked for, and keeps the pace. */
  private async take(count: number): Promise<void> {
    this.asked += count;
    await pause((count / PER_SECOND) * 1000 * CLIENTS);
  }

  private async trigger(random: Random): Promise<void> {
    const { job_id, parameters } = oneRoot(random);
    const key = `key-${String(random.whole(1, 1_000_000_000))}`;
    const copies = random.chance(REPEATED) ? random.whole(2, 4) : 1;
    const body = parameters === undefined ? {} : { parameters };
    const planned = planOf(job_id).length;
    const asking = Array.from({ length: copies }, () =>
      this.client.insist(`/v1/jobs/${job_id}/trigger`, body, key),
    );
    const [answers] = await Promise.all([Promise.all(asking), this.take(planned)]);
    let isNew = true;
    for (const answer of answers) {
      if (answer === undefined) continue;
      if (answer.status !== 201 && answer.status !== 200) {
        this.onSurprise(`trigger of ${job_id} was answered ${JSON.stringify(answer)}`);
        continue;
      }
      const { execution_id, created } = answer.body as { execution_id: string; created: boolean };
      this.told.push({ what: 'triggered', job_id, key, execution_id, created });
      if (isNew) this.accepted += planned;
      if (isNew) this.roots.push(execution_id);
      isNew = false;
    }
  }

  private async cancel(random: Random): Promise<void> {
    // The latest ones are the likeliest to be open.
    const asked = random.one(this.roots.slice(-8));
    if (asked === undefined) return;
    const cascade = random.one(['NONE', 'IMMEDIATE_DEPENDENTS', 'ALL_DOWNSTREAM']);
    const answer = await this.client.insist(`/v1/executions/${asked}/cancel`, { cascade });
    if (answer?.status === 404) this.told.push({ what: 'unknown', execution_id: asked });
    else if (answer?.status === 200 || answer?.status === 202) {
      const { execution_id, status } = answer.body as {
        execution_id: string;
        status: 'CANCELLED' | 'RUNNING';
      };
      this.told.push({ what: 'cancelled', asked, execution_id, status });
    } else if (answer !== undefined && answer.status !== 409)
      this.onSurprise(`cancel of ${asked} was answered ${JSON.stringify(answer)}`);
  }

  /** A few events, some of them twice, in no order. */
  private async sendEvents(random: Random): Promise<void> {
    const first = this.events;
    const count = random.whole(1, 6);
    this.events += count;
    const fresh = Array.from({ length: count }, (_, index) => first + index);
    const repeated = fresh.filter(() => random.chance(REPEATED));
    // One that was sent long ago.
    if (random.chance(REPEATED)) repeated.push(random.whole(0, first));
    const numbers = random.shuffled([...fresh, ...repeated]);
    await Promise.all([...numbers.map((n) => this.sendEvent(n)), this.take(count)]);
    this.accepted += fresh.filter((n) => TAKES['urgent']?.(n)).length * planOf('urgent').length;
  }

  private async sendEvent(n: number): Promise<void> {
    const answer = await this.client.insist('/v1/events', eventOf(n));
    if (answer?.status === 202) this.told.push({ what: 'event', n });
    else if (answer !== undefined)
      this.onSurprise(`event ${String(n)} was answered ${JSON.stringify(answer)}`);
  }

  /** Twice at once. */
  private async retryDeadLetter(random: Random): Promise<void> {
    const execution_id = random.one(await this.deadLetters());
    if (execution_id === undefined) return;
    const path = `/v1/dead-letters/${execution_id}/retry`;
    const answers = await Promise.all([this.client.insist(path, {}), this.client.insist(path, {})]);
    for (const answer of answers) {
      if (answer?.status === 201) {
        const { run_id, pass } = answer.body as { run_id: string; pass: number };
        this.told.push({ what: 'retried', execution_id, run_id, pass });
      } else if (answer !== undefined && answer.status !== 404 && answer.status !== 409)
        this.onSurprise(`retry of ${execution_id} was answered ${JSON.stringify(answer)}`);
    }
    this.asked += 1;
  }
}
