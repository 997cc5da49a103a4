import type { QueuedStageWatch } from '@phi/core';
import { QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';

import { consumerConnection, UNASKED } from './connection.js';

export interface StageEventsOptions {
  readonly redisUrl: string;
  readonly name: string;
  readonly prefix: string;
  /** Told of connection errors. */
  readonly onError: (error: Error) => void;
}

/** Who watches a job; an attempt that lost its lease and the one after it may both, in one process. */
interface Watched {
  readonly job_id: string;
  readonly watch: QueuedStageWatch;
}

/** What one queue tells of its jobs, for those that are watched. */
export class StageEvents {
  private readonly watches = new Set<Watched>();
  private readonly connection: Redis;
  private listening: Promise<QueueEvents> | undefined;

  constructor(private readonly options: StageEventsOptions) {
    this.connection = consumerConnection(options.redisUrl);
  }

  /** @returns ends the watch */
  watch(job_id: string, watch: QueuedStageWatch): () => void {
    const watched = { job_id, watch };
    this.watches.add(watched);
    return () => {
      this.watches.delete(watched);
    };
  }

  /**
   * Whatever the queue tells after this has been answered for the first time is heard.
   *
   * @param redis - a connection whose commands fail while Redis is away
   * @throws Error while Redis is away
   */
  async listen(redis: Redis): Promise<void> {
    this.listening ??= this.open(redis).catch((error: unknown) => {
      this.listening = undefined;
      throw error;
    });
    await this.listening;
  }

  /** Closing waits for an answer that may not come; without its connection it does not. */
  async close(): Promise<void> {
    this.connection.disconnect();
    const events = await this.listening?.catch(() => undefined);
    await events?.close().catch(() => undefined);
  }

  private async open(redis: Redis): Promise<QueueEvents> {
    const { name, prefix, onError } = this.options;
    // From a place of its own on: BullMQ would listen from whenever it is connected, and after each quiet time anew.
    const [last] = await redis.xrevrange(`${prefix}:${name}:events`, '+', '-', 'COUNT', 1);
    const events = new QueueEvents(name, {
      connection: this.connection,
      prefix,
      lastEventId: last?.[0] ?? '0-0',
      ...UNASKED,
    });
    events.on('error', onError);
    events.on('progress', ({ jobId, data }) => {
      for (const watch of this.of(jobId)) watch.onProgress(data);
    });
    for (const ended of ['completed', 'failed', 'removed'] as const)
      events.on(ended, ({ jobId }: { jobId: string }) => {
        for (const watch of this.of(jobId)) watch.onEnded();
      });
    return events;
  }

  private of(jobId: string): QueuedStageWatch[] {
    return [...this.watches].filter(({ job_id }) => job_id === jobId).map(({ watch }) => watch);
  }
}
