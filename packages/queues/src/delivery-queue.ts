import type { Delivery, DeliveryQueue, QueuedDelivery } from '@phi/core';
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';

import { producerConnection } from './connection.js';
import {
  deliveryId,
  EXECUTIONS_QUEUE,
  executionsQueue,
  queuePrefix,
  type ExecutionMessage,
} from './names.js';
import { ProducerQueue } from './producer-queue.js';

const WAITING_STATES: readonly string[] = ['waiting', 'prioritized', 'delayed', 'waiting-children'];

const OPEN_STATES = ['waiting', 'active', 'prioritized', 'delayed'] as const;
/** Deliveries of each state in a page. */
const LISTED_AT_ONCE = 200;

function asListed({ id = '', queueName, data }: Job<object>, state: string): QueuedDelivery {
  const { execution_id = '' } = data as Partial<ExecutionMessage>;
  return { id, queue: queueName, execution_id, state };
}

/** Phi has the record of what ran: BullMQ keeps nothing of it. */
const FORGET = { removeOnComplete: true, removeOnFail: true };

export interface DeliveryQueueOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  /** Told of connection errors. */
  readonly onError: (error: Error) => void;
}

/** Admitted executions on their way to executors, in BullMQ; see the port in `@phi/core`. */
export class BullDeliveryQueue implements DeliveryQueue {
  private readonly connection: Redis;
  /** By the dedicated pool; undefined for all others. */
  private readonly queues = new Map<string | undefined, ProducerQueue>();
  private waiting: Delivery[] = [];
  private sending: Promise<void> | undefined;

  constructor(private readonly options: DeliveryQueueOptions) {
    this.connection = producerConnection(options.redisUrl);
  }

  /** Deliveries of one tick of the event loop share a call. */
  async deliver(deliveries: readonly Delivery[]): Promise<void> {
    this.waiting.push(...deliveries);
    this.sending ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.send());
    await this.sending;
  }

  async isWaiting(delivery: Delivery): Promise<boolean> {
    const queue = await this.queueOf(delivery.pool).queue();
    const state = await queue.getJobState(deliveryId(delivery.execution_id, delivery.delivery));
    return WAITING_STATES.includes(state);
  }

  async list(
    pools: readonly string[],
    cursor = '0|0',
    removed = 0,
  ): Promise<{ deliveries: readonly QueuedDelivery[]; next_cursor?: string }> {
    const [at = 0, listed = 0] = cursor.split('|').map(Number);
    const from = Math.max(0, listed - removed);
    const of = [undefined, ...[...pools].sort()];
    const queue = await this.queueOf(of[at]).queue();
    const pages = await Promise.all(
      OPEN_STATES.map(async (state) => {
        const jobs = await queue.getJobs([state], from, from + LISTED_AT_ONCE - 1);
        // BullMQ answers undefined for what was removed meanwhile.
        return jobs.flatMap((job: Job<object> | undefined) =>
          job === undefined ? [] : [asListed(job, state)],
        );
      }),
    );
    const isLast = pages.every((page) => page.length < LISTED_AT_ONCE);
    const next = isLast ? [at + 1, 0] : [at, from + LISTED_AT_ONCE];
    const deliveries = pages.flat();
    return next[0] === of.length ? { deliveries } : { deliveries, next_cursor: next.join('|') };
  }

  async remove({ id, queue: name }: QueuedDelivery): Promise<boolean> {
    const pool = name === EXECUTIONS_QUEUE ? undefined : name.slice(EXECUTIONS_QUEUE.length + 1);
    const queue = await this.queueOf(pool).queue();
    return (await queue.remove(id)) === 1;
  }

  /** How many deliveries wait to be taken. */
  async depth(): Promise<number> {
    const queue = await this.queueOf(undefined).queue();
    return queue.getWaitingCount();
  }

  async close(): Promise<void> {
    await Promise.all([...this.queues.values()].map((queue) => queue.close()));
    this.connection.disconnect();
  }

  private async send(): Promise<void> {
    const deliveries = this.waiting;
    this.waiting = [];
    this.sending = undefined;
    const pools = new Set(deliveries.map(({ pool }) => pool));
    await Promise.all(
      [...pools].map((of) =>
        this.sendTo(
          of,
          deliveries.filter(({ pool }) => pool === of),
        ),
      ),
    );
  }

  private async sendTo(pool: string | undefined, deliveries: readonly Delivery[]): Promise<void> {
    const queue = await this.queueOf(pool).queue();
    await queue.addBulk(
      deliveries.map(({ execution_id, delivery }) => ({
        name: 'execution',
        data: { execution_id } satisfies ExecutionMessage,
        opts: { ...FORGET, jobId: deliveryId(execution_id, delivery) },
      })),
    );
  }

  private queueOf(pool: string | undefined): ProducerQueue {
    const known = this.queues.get(pool);
    if (known !== undefined) return known;
    const { namespace, onError } = this.options;
    const queue = new ProducerQueue({
      connection: this.connection,
      name: executionsQueue(pool),
      prefix: queuePrefix(namespace),
      onError,
    });
    this.queues.set(pool, queue);
    return queue;
  }
}
