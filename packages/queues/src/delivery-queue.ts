import type { Delivery, DeliveryQueue } from '@phi/core';
import type { Redis } from 'ioredis';

import { producerConnection } from './connection.js';
import { deliveryId, executionsQueue, queuePrefix, type ExecutionMessage } from './names.js';
import { ProducerQueue } from './producer-queue.js';

const WAITING_STATES: readonly string[] = ['waiting', 'prioritized', 'delayed', 'waiting-children'];

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
