import type { Delivery, DeliveryQueue } from '@phi/core';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { producerConnection } from './connection.js';
import { deliveryId, EXECUTIONS_QUEUE, queuePrefix, type ExecutionMessage } from './names.js';

const WAITING_STATES: readonly string[] = ['waiting', 'prioritized', 'delayed', 'waiting-children'];

/** Phi has the record of what ran: BullMQ keeps nothing of it. */
const FORGET = { removeOnComplete: true, removeOnFail: true };

/** Admitted executions on their way to executors, in BullMQ; see the port in `@phi/core`. */
export class BullDeliveryQueue implements DeliveryQueue {
  private readonly connection: Redis;
  private readonly queue: Queue<ExecutionMessage>;
  private waiting: Delivery[] = [];
  private sending: Promise<void> | undefined;

  /** @param onError - told of connection errors */
  constructor(options: { readonly redisUrl: string; readonly namespace: string; readonly onError: (error: Error) => void }) {
    this.connection = producerConnection(options.redisUrl);
    this.queue = new Queue(EXECUTIONS_QUEUE, {
      connection: this.connection,
      prefix: queuePrefix(options.namespace),
      skipWaitingForReady: true,
    });
    this.queue.on('error', options.onError);
  }

  /** Deliveries of one tick of the event loop share a call. */
  async deliver(deliveries: readonly Delivery[]): Promise<void> {
    this.waiting.push(...deliveries);
    this.sending ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.send());
    await this.sending;
  }

  async isWaiting(delivery: Delivery): Promise<boolean> {
    const state = await this.queue.getJobState(deliveryId(delivery.execution_id, delivery.delivery));
    return WAITING_STATES.includes(state);
  }

  /** How many deliveries wait to be taken. */
  async depth(): Promise<number> {
    return this.queue.getWaitingCount();
  }

  async close(): Promise<void> {
    await this.queue.close().catch(() => undefined);
    this.connection.disconnect();
  }

  private async send(): Promise<void> {
    const deliveries = this.waiting;
    this.waiting = [];
    this.sending = undefined;
    await this.queue.addBulk(
      deliveries.map(({ execution_id, delivery }) => ({
        name: 'execution',
        data: { execution_id },
        opts: { ...FORGET, jobId: deliveryId(execution_id, delivery) },
      })),
    );
  }
}
