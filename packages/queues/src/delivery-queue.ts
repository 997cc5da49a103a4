import type { Delivery, DeliveryQueue } from '@phi/core';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { producerConnection } from './connection.js';
import { deliveryId, EXECUTIONS_QUEUE, queuePrefix, type ExecutionMessage } from './names.js';

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
  private opened: Promise<Queue<ExecutionMessage>> | undefined;
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
    const queue = await this.queue();
    const state = await queue.getJobState(deliveryId(delivery.execution_id, delivery.delivery));
    return WAITING_STATES.includes(state);
  }

  /** How many deliveries wait to be taken. */
  async depth(): Promise<number> {
    const queue = await this.queue();
    return queue.getWaitingCount();
  }

  async close(): Promise<void> {
    const queue = await this.opened?.catch(() => undefined);
    await queue?.close().catch(() => undefined);
    this.connection.disconnect();
  }

  /** A queue that BullMQ began while Redis was away stays broken: one is opened when Redis answers. */
  private queue(): Promise<Queue<ExecutionMessage>> {
    this.opened ??= this.open().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  private async open(): Promise<Queue<ExecutionMessage>> {
    await this.connection.ping();
    const queue = new Queue<ExecutionMessage>(EXECUTIONS_QUEUE, {
      connection: this.connection,
      prefix: queuePrefix(this.options.namespace),
      skipWaitingForReady: true,
    });
    queue.on('error', this.options.onError);
    await queue.waitUntilReady();
    return queue;
  }

  private async send(): Promise<void> {
    const deliveries = this.waiting;
    this.waiting = [];
    this.sending = undefined;
    const queue = await this.queue();
    await queue.addBulk(
      deliveries.map(({ execution_id, delivery }) => ({
        name: 'execution',
        data: { execution_id },
        opts: { ...FORGET, jobId: deliveryId(execution_id, delivery) },
      })),
    );
  }
}
