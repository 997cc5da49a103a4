import type { Delivery, DeliveryQueue } from '@phi/core';
import type { Redis } from 'ioredis';

import { producerConnection } from './connection.js';
import { deliveryId, EXECUTIONS_QUEUE, queuePrefix, type ExecutionMessage } from './names.js';
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
  private readonly executions: ProducerQueue;
  private waiting: Delivery[] = [];
  private sending: Promise<void> | undefined;

  constructor({ redisUrl, namespace, onError }: DeliveryQueueOptions) {
    this.connection = producerConnection(redisUrl);
    const prefix = queuePrefix(namespace);
    this.executions = new ProducerQueue({
      connection: this.connection,
      name: EXECUTIONS_QUEUE,
      prefix,
      onError,
    });
  }

  /** Deliveries of one tick of the event loop share a call. */
  async deliver(deliveries: readonly Delivery[]): Promise<void> {
    this.waiting.push(...deliveries);
    this.sending ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.send());
    await this.sending;
  }

  async isWaiting(delivery: Delivery): Promise<boolean> {
    const queue = await this.executions.queue();
    const state = await queue.getJobState(deliveryId(delivery.execution_id, delivery.delivery));
    return WAITING_STATES.includes(state);
  }

  /** How many deliveries wait to be taken. */
  async depth(): Promise<number> {
    const queue = await this.executions.queue();
    return queue.getWaitingCount();
  }

  async close(): Promise<void> {
    await this.executions.close();
    this.connection.disconnect();
  }

  private async send(): Promise<void> {
    const deliveries = this.waiting;
    this.waiting = [];
    this.sending = undefined;
    const queue = await this.executions.queue();
    await queue.addBulk(
      deliveries.map(({ execution_id, delivery }) => ({
        name: 'execution',
        data: { execution_id } satisfies ExecutionMessage,
        opts: { ...FORGET, jobId: deliveryId(execution_id, delivery) },
      })),
    );
  }
}
