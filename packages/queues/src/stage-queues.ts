import type { QueuedStage, QueuedStageState, QueuedStageWatch, StageQueues } from '@phi/core';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { producerConnection } from './connection.js';
import { queuePrefix } from './names.js';
import { ProducerQueue } from './producer-queue.js';
import { StageEvents } from './stage-events.js';

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

/** What is kept open of one queue. */
interface OpenQueue {
  readonly producer: ProducerQueue;
  readonly events: StageEvents;
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
    if (state === 'failed') return { state: 'FAILED', reason: job.failedReason, progress: job.progress };
    return state === 'active' ? { state: 'ACTIVE', progress: job.progress } : { state: 'WAITING' };
  }

  watch(stage: QueuedStage, watch: QueuedStageWatch): () => void {
    return this.open(stage).events.watch(stage.job_id, watch);
  }

  async remove(stage: QueuedStage): Promise<boolean> {
    const queue = await this.queueOf(stage);
    return (await queue.remove(stage.job_id)) === 1;
  }

  async close(): Promise<void> {
    await Promise.all(
      [...this.queues.values()].flatMap(({ producer, events }) => [producer.close(), events.close()]),
    );
    this.connection.disconnect();
  }

  /** What is added to the queue that this gives is told of from its first event on. */
  private async queueOf(stage: QueuedStage): Promise<Queue<object>> {
    const { producer, events } = this.open(stage);
    const queue = await producer.queue();
    await events.listen(this.connection);
    return queue;
  }

  private open({ queue: name, prefix: given }: QueuedStage): OpenQueue {
    const { redisUrl, namespace, onError } = this.options;
    const prefix = given ?? queuePrefix(namespace);
    const key = `${prefix}:${name}`;
    const known = this.queues.get(key);
    if (known !== undefined) return known;
    const opened = {
      producer: new ProducerQueue({ connection: this.connection, name, prefix, onError }),
      events: new StageEvents({ redisUrl, name, prefix, onError }),
    };
    this.queues.set(key, opened);
    return opened;
  }
}
