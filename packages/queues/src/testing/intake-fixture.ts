import { QueueEvents, Queue, type JobsOptions } from 'bullmq';
import type { Redis } from 'ioredis';

import type { IntakeAnswer, IntakeMessage } from '../intake-answer.js';
import { IntakeWorker, type IntakeWorkerOptions } from '../intake-worker.js';
import { MANUAL_QUEUE } from '../names.js';

/** A Redis that services and Phi share. */
export interface Place {
  readonly url: string;
  readonly namespace: string;
  connect(): Redis;
}

/** What became of a message. */
type End = { readonly value: unknown } | { readonly reason: string };

/** A service that knows BullMQ and a prefix, and nothing of Phi. */
export class Sender {
  readonly queue: Queue;
  private readonly events: QueueEvents;
  /** What became of messages that nobody has asked for since, and who asks for others. */
  private readonly ends = new Map<string, End>();
  private readonly asking = new Map<string, (end: End) => void>();

  constructor(place: Place, prefix: string | undefined) {
    const options = prefix === undefined ? {} : { prefix };
    this.queue = new Queue(MANUAL_QUEUE, { ...options, connection: place.connect() });
    // From the beginning, and not from whenever it is connected: else it misses what ends before.
    const listening = { connection: place.connect(), lastEventId: '0-0' };
    this.events = new QueueEvents(MANUAL_QUEUE, { ...options, ...listening });
    this.queue.on('error', () => undefined);
    this.events.on('error', () => undefined);
    this.events.on('completed', ({ jobId, returnvalue: value }) => this.note(jobId, { value }));
    this.events.on('failed', ({ jobId, failedReason: reason }) => this.note(jobId, { reason }));
  }

  async send(data: unknown, options?: JobsOptions): Promise<string> {
    const job = await this.queue.add('trigger', data, options);
    return String(job.id);
  }

  /** Sends, and waits for what becomes of it. @returns the return value; rejects with the failed reason */
  async ask(data: unknown, options?: JobsOptions): Promise<unknown> {
    const end = await this.endOf(await this.send(data, options));
    if ('reason' in end) throw new Error(end.reason);
    return end.value;
  }

  /** BullMQ's own way asks whether a message has ended, and fails where it is gone by then. */
  private endOf(id: string): Promise<End> {
    return new Promise((resolve) => {
      const end = this.ends.get(id);
      if (end === undefined) this.asking.set(id, resolve);
      else resolve(end);
      this.ends.delete(id);
    });
  }

  private note(id: string, end: End): void {
    const asking = this.asking.get(id);
    if (asking === undefined) this.ends.set(id, end);
    else asking(end);
    this.asking.delete(id);
  }

  async close(): Promise<void> {
    await Promise.all([this.queue.close(), this.events.close()]);
  }
}

/** What an intake worker was asked, and a way to wait for it. */
export class Asked {
  readonly messages: IntakeMessage[] = [];
  private readonly waiters: { count: number; resolve: () => void }[] = [];

  /** Resolves once as many messages were handed over. */
  times(count: number): Promise<void> {
    if (this.messages.length >= count) return Promise.resolve();
    return new Promise((resolve) => this.waiters.push({ count, resolve }));
  }

  get data(): unknown[] {
    return this.messages.map(({ data }) => data);
  }

  note(message: IntakeMessage): void {
    this.messages.push(message);
    for (const { count, resolve } of this.waiters) if (this.messages.length >= count) resolve();
  }
}

export type Decide = (message: IntakeMessage) => Promise<IntakeAnswer> | IntakeAnswer;

/** Opens an intake worker that notes what it is asked, and decides as the test says. */
export function openIntake(
  place: Pick<Place, 'url' | 'namespace'>,
  decide: Decide,
  more: Partial<IntakeWorkerOptions> = {},
): { readonly worker: IntakeWorker; readonly asked: Asked; readonly errors: Error[] } {
  const asked = new Asked();
  const errors: Error[] = [];
  const worker = new IntakeWorker({
    redisUrl: place.url,
    namespace: place.namespace,
    queue: MANUAL_QUEUE,
    concurrency: 5,
    onMessage: async (message) => {
      asked.note(message);
      return decide(message);
    },
    onError: (error) => errors.push(error),
    ...more,
  });
  return { worker, asked, errors };
}
