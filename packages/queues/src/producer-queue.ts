import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';

import { UNASKED } from './connection.js';

export interface ProducerQueueOptions {
  readonly connection: Redis;
  readonly name: string;
  readonly prefix: string;
  /** Told of connection errors. */
  readonly onError: (error: Error) => void;
  /** Of somebody else: what BullMQ keeps of it stays as it is. */
  readonly isForeign?: boolean;
}

/** A queue to add to, opened at the first use when Redis answers: one that BullMQ began while Redis was away stays broken. */
export class ProducerQueue {
  private opened: Promise<Queue<object>> | undefined;

  constructor(private readonly options: ProducerQueueOptions) {}

  /** @throws Error while Redis is away */
  queue(): Promise<Queue<object>> {
    this.opened ??= this.open().catch((error: unknown) => {
      this.opened = undefined;
      throw error;
    });
    return this.opened;
  }

  /** The connection is its owner's, and stays open. */
  async close(): Promise<void> {
    const queue = await this.opened?.catch(() => undefined);
    await queue?.close().catch(() => undefined);
  }

  private async open(): Promise<Queue<object>> {
    const { connection, name, prefix, onError, isForeign = false } = this.options;
    await connection.ping();
    const about = { connection, prefix, skipMetasUpdate: isForeign };
    const queue = new Queue<object>(name, { ...about, skipWaitingForReady: true, ...UNASKED });
    queue.on('error', onError);
    await queue.waitUntilReady();
    return queue;
  }
}
