import type { QueuedStage, QueuedStageState, QueuedStageWatch, StageQueues } from '@phi/core';
import { QueueEvents, type Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { consumerConnection, producerConnection, UNASKED } from './connection.js';
import { queuePrefix } from './names.js';
import { ProducerQueue } from './producer-queue.js';

/**
 * An attempt may be lost with its executor just after the job has ended: the next one must find how. BullMQ removes them as others of the
 * queue end.
 */
const KEEP = { age: 7 * 24 * 3600, count: 1000 };

export interface StageQueuesOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  /** Told of connection errors. */
  readonly onError: (error: Error) => void;
}

/** Who watches a job; an attempt that lost its lease and the one after it may both, in one process. */
interface Watched {
  readonly job_id: string;
  readonly watch: QueuedStageWatch;
}

/** What is kept open of one queue. */
interface OpenQueue {
  readonly producer: ProducerQueue;
  readonly events: QueueEvents;
  readonly connection: Redis;
  readonly watches: Set<Watched>;
}

/** Stages as BullMQ jobs, on queues whose workers are somebody else's; see the port in `@phi/core`. */
export class BullStageQueues implements StageQueues {
  private readonly connection: Redis;
  private readonly queues = new Map<string, OpenQueue>();

  constructor(private readonly options: StageQueuesOptions) {
    this.connection = producerConnection(options.redisUrl);
  }

  async add(stage: QueuedStage, name: string, data: object): Promise<void> {
    const queue = await this.queueOf(stage);
    await queue.add(name, data, {
      jobId: stage.job_id,
      // Phi retries.
      attempts: 1,
      removeOnComplete: KEEP,
      removeOnFail: KEEP,
    });
  }

  async look(stage: QueuedStage): Promise<QueuedStageState> {
    const queue = await this.queueOf(stage);
    // The state first: what it says of a job that has ended stays true.
    const state = await queue.getJobState(stage.job_id);
    const job = await queue.getJob(stage.job_id);
    if (job === undefined) return { state: 'ABSENT' };
    if (state === 'completed') return { state: 'COMPLETED', value: job.returnvalue as unknown };
    if (state === 'failed') return { state: 'FAILED', reason: job.failedReason };
    return state === 'active' ? { state: 'ACTIVE', progress: job.progress } : { state: 'WAITING' };
  }

  watch(stage: QueuedStage, watch: QueuedStageWatch): () => void {
    const { watches } = this.open(stage);
    const watched = { job_id: stage.job_id, watch };
    watches.add(watched);
    return () => {
      watches.delete(watched);
    };
  }

  async remove(stage: QueuedStage): Promise<boolean> {
    const queue = await this.queueOf(stage);
    return (await queue.remove(stage.job_id)) === 1;
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.queues.values()].map(async ({ producer, events, connection }) => {
        // Closing waits for an answer that may not come; without its connection it does not.
        connection.disconnect();
        await Promise.all([producer.close(), events.close().catch(() => undefined)]);
      }),
    );
    this.connection.disconnect();
  }

  private queueOf(stage: QueuedStage): Promise<Queue<object>> {
    return this.open(stage).producer.queue();
  }

  private open({ queue: name, prefix: given }: QueuedStage): OpenQueue {
    const { redisUrl, namespace, onError } = this.options;
    const prefix = given ?? queuePrefix(namespace);
    const key = `${prefix}:${name}`;
    const known = this.queues.get(key);
    if (known !== undefined) return known;
    const watches = new Set<Watched>();
    const of = (jobId: string): QueuedStageWatch[] =>
      [...watches].filter(({ job_id }) => job_id === jobId).map(({ watch }) => watch);
    const connection = consumerConnection(redisUrl);
    const events = new QueueEvents(name, { connection, prefix, ...UNASKED });
    events.on('error', onError);
    events.on('progress', ({ jobId, data }) => {
      for (const watch of of(jobId)) watch.onProgress(data);
    });
    for (const ended of ['completed', 'failed', 'removed'] as const)
      events.on(ended, ({ jobId }: { jobId: string }) => {
        for (const watch of of(jobId)) watch.onEnded();
      });
    const producer = new ProducerQueue({ connection: this.connection, name, prefix, onError });
    const opened = { producer, events, connection, watches };
    this.queues.set(key, opened);
    return opened;
  }
}
