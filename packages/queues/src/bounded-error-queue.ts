import type { ErrorQueueName, ErrorReport } from '@phi/core';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { queuePrefix } from './names.js';
import { ProducerQueue } from './producer-queue.js';

export interface BoundedErrorQueueOptions {
  readonly connection: Redis;
  readonly name: ErrorQueueName;
  readonly namespace: string;
  /** Entries; the oldest are dropped beyond it. */
  readonly capacity: number;
  readonly retentionMs: number;
  /** Told of connection errors. */
  readonly onError: (error: Error) => void;
}

/** An entry from a process whose clock is ahead counts as well. Not further: BullMQ compares times as texts of 13 digits. */
const OF_ANY_AGE_MS = -365 * 24 * 3_600_000;
const TRIMMED_AT_ONCE = 1000;

/** One error queue: its entries are waiting BullMQ jobs that nobody takes, named by their error codes. */
export class BoundedErrorQueue {
  private readonly entries: ProducerQueue;
  private dropping: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: BoundedErrorQueueOptions) {
    const { connection, name, namespace, onError } = options;
    this.entries = new ProducerQueue({ connection, name, prefix: queuePrefix(namespace), onError });
  }

  /** BullMQ drops an add whose id it has: a repeated report is one entry. */
  async add({ id, error_code, error }: ErrorReport): Promise<void> {
    const queue = await this.entries.queue();
    await queue.add(error_code, error, { jobId: entryId(id) });
    await this.dropExcess(queue);
  }

  async remove(ids: readonly string[]): Promise<void> {
    const queue = await this.entries.queue();
    for (const id of ids) await queue.remove(entryId(id));
  }

  async dropped(): Promise<number> {
    const queue = await this.entries.queue();
    return Number((await this.options.connection.get(counterOf(queue))) ?? 0);
  }

  async trim(): Promise<number> {
    const queue = await this.entries.queue();
    for (let removed = 0; ;) {
      const batch = await queue.clean(this.options.retentionMs, TRIMMED_AT_ONCE, 'wait');
      removed += batch.length;
      if (batch.length < TRIMMED_AT_ONCE) return removed;
    }
  }

  close(): Promise<void> {
    return this.entries.close();
  }

  /** One after another, or each would drop what another has made room for; processes may between them drop a few too many. */
  private async dropExcess(queue: Queue<object>): Promise<void> {
    const own = this.dropping.then(async () => {
      const excess = (await queue.getWaitingCount()) - this.options.capacity;
      if (excess <= 0) return;
      const gone = await queue.clean(OF_ANY_AGE_MS, excess, 'wait');
      if (gone.length > 0) await this.options.connection.incrby(counterOf(queue), gone.length);
    });
    this.dropping = own.catch(() => undefined);
    await own;
  }
}

/** Beside BullMQ's own keys of the queue. */
function counterOf(queue: Queue<object>): string {
  return queue.toKey('dropped');
}

/** BullMQ refuses ids of digits alone, and most with a colon. */
function entryId(id: string): string {
  return `error-${id.replace(/[%:]/g, encodeURIComponent)}`;
}
