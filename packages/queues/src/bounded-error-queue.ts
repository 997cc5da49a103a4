import type {
  ErrorEntry,
  ErrorEntryFilter,
  ErrorQueueName,
  ErrorQueueState,
  ErrorReport,
  Page,
} from '@phi/core';
import type { Job, Queue } from 'bullmq';
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
/** Entries read in one call. */
const READ_AT_ONCE = 200;
const HOUR_MS = 3_600_000;

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

  async get(id: string): Promise<ErrorEntry | undefined> {
    const queue = await this.entries.queue();
    const job: Job<object> | undefined = await queue.getJob(entryId(id));
    return job === undefined ? undefined : entryOf(job);
  }

  /** The newest first. */
  async list(filter: ErrorEntryFilter): Promise<Page<ErrorEntry>> {
    const queue = await this.entries.queue();
    const kept: ErrorEntry[] = [];
    const after = filter.cursor === undefined ? undefined : readCursor(filter.cursor);
    const place = await this.placeAfter(queue, after);
    // They are in the order of their entry, and their times are of many clocks: by time only where there is nothing better to go by. Of the
    // same millisecond some are rather shown again than left out.
    let reached = place !== undefined;
    for (let at = place ?? 0; ; at += READ_AT_ONCE) {
      const jobs = await queue.getJobs(['wait'], at, at + READ_AT_ONCE - 1, false);
      // One that was removed between the two reads has left a hole.
      const entries = jobs.filter((job: Job<object> | undefined) => job?.id !== undefined).map(entryOf);
      for (const entry of entries) {
        reached ||= entry.time <= (after?.time ?? Infinity);
        if (reached && belongs(entry, filter)) kept.push(entry);
      }
      if (kept.length > filter.limit || jobs.length < READ_AT_ONCE) break;
    }
    const items = kept.slice(0, filter.limit);
    const last = items.at(-1);
    const more = kept.length > filter.limit && last !== undefined;
    return { items, ...(more ? { next_cursor: `${String(last.time)}~${entryId(last.id)}` } : {}) };
  }

  async state(): Promise<ErrorQueueState> {
    const queue = await this.entries.queue();
    const { connection, capacity, retentionMs } = this.options;
    const [entries, dropped] = await Promise.all([queue.getWaitingCount(), connection.get(counterOf(queue))]);
    return { entries, dropped: Number(dropped ?? 0), capacity, retention_hours: retentionMs / HOUR_MS };
  }

  /** Where the list goes on; undefined where what it was read up to is gone. */
  private async placeAfter(queue: Queue<object>, after: Place | undefined): Promise<number | undefined> {
    if (after === undefined) return 0;
    const found = await this.options.connection.lpos(queue.toKey('wait'), after.jobId);
    return found === null ? undefined : found + 1;
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

const ENTRY = 'error-';

/** BullMQ refuses ids of digits alone, and most with a colon. */
function entryId(id: string): string {
  return `${ENTRY}${id.replace(/[%:]/g, encodeURIComponent)}`;
}

function idOf(jobId: string): string {
  return decodeURIComponent(jobId.slice(ENTRY.length));
}

function entryOf(job: Job<object>): ErrorEntry {
  const error = job.data as ErrorReport['error'];
  return { id: idOf(job.id ?? ''), error_code: job.name, error, time: job.timestamp };
}

/** The last entry of a page. */
interface Place {
  readonly time: number;
  readonly jobId: string;
}

function readCursor(cursor: string): Place {
  const at = cursor.indexOf('~');
  return { time: Number(cursor.slice(0, at)), jobId: cursor.slice(at + 1) };
}

function belongs(entry: ErrorEntry, filter: ErrorEntryFilter): boolean {
  const { job_id, error_code, from_ms = -Infinity, to_ms = Infinity } = filter;
  if (job_id !== undefined && entry.error['job_id'] !== job_id) return false;
  if (error_code !== undefined && entry.error_code !== error_code) return false;
  return entry.time >= from_ms && entry.time < to_ms;
}
