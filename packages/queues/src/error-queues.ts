import {
  ERROR_QUEUES,
  type ErrorEntry,
  type ErrorEntryFilter,
  type ErrorQueueName,
  type ErrorQueues,
  type ErrorQueueState,
  type ErrorReport,
  type ErrorReporter,
  type Page,
  type PhiConfig,
} from '@phi/core';
import type { Redis } from 'ioredis';

import { producerConnection } from './connection.js';
import { BoundedErrorQueue } from './bounded-error-queue.js';

export interface ErrorQueuesOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  readonly config: Pick<
    PhiConfig,
    'ERROR_QUEUE_CAPACITY' | 'ERROR_RETENTION_HOURS' | 'DEAD_LETTER_RETENTION_DAYS'
  >;
  /** Told of connection errors. */
  readonly onError: (error: Error) => void;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** The error queues of a namespace in BullMQ, where people can look into them (specification: Error Queue Management). */
export class BullErrorQueues implements ErrorReporter, ErrorQueues {
  private readonly connection: Redis;
  private readonly queues: Readonly<Record<ErrorQueueName, BoundedErrorQueue>>;

  constructor(options: ErrorQueuesOptions) {
    this.connection = producerConnection(options.redisUrl);
    const open = (name: ErrorQueueName): BoundedErrorQueue => {
      const { namespace, onError, config } = options;
      const bounds = { capacity: config.ERROR_QUEUE_CAPACITY, retentionMs: retentionMs(name, config) };
      return new BoundedErrorQueue({ connection: this.connection, name, namespace, onError, ...bounds });
    };
    this.queues = Object.fromEntries(ERROR_QUEUES.map((name) => [name, open(name)])) as Record<
      ErrorQueueName,
      BoundedErrorQueue
    >;
  }

  /** @throws Error while Redis is away; the report can be repeated */
  report(name: ErrorQueueName, report: ErrorReport): Promise<void> {
    return this.queues[name].add(report);
  }

  withdraw(name: ErrorQueueName, ids: readonly string[]): Promise<void> {
    return this.queues[name].remove(ids);
  }

  list(name: ErrorQueueName, filter: ErrorEntryFilter): Promise<Page<ErrorEntry>> {
    return this.queues[name].list(filter);
  }

  get(name: ErrorQueueName, id: string): Promise<ErrorEntry | undefined> {
    return this.queues[name].get(id);
  }

  state(name: ErrorQueueName): Promise<ErrorQueueState> {
    return this.queues[name].state();
  }

  /** Removes what is older than it is kept. @returns how many entries */
  async trim(): Promise<number> {
    const removed = await Promise.all(Object.values(this.queues).map((queue) => queue.trim()));
    return removed.reduce((sum, count) => sum + count, 0);
  }

  async close(): Promise<void> {
    await Promise.all(Object.values(this.queues).map((queue) => queue.close()));
    this.connection.disconnect();
  }
}

function retentionMs(name: ErrorQueueName, config: ErrorQueuesOptions['config']): number {
  return name === 'phi_dead_letter'
    ? config.DEAD_LETTER_RETENTION_DAYS * DAY_MS
    : config.ERROR_RETENTION_HOURS * HOUR_MS;
}
