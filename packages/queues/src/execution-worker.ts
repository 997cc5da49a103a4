import type { Redis } from 'ioredis';

import { BoundedWorker } from './bounded-worker.js';
import { consumerConnection, UNASKED } from './connection.js';
import { SharedPlaces } from './shared-places.js';
import { executionsQueue, queuePrefix, type ExecutionMessage } from './names.js';

export interface ExecutionWorkerOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  /** Executions at once, from all queues together (EXECUTOR_PARALLELISM). */
  readonly concurrency: number;
  /** The pools from whose own queues it takes (EXECUTOR_POOLS); none: from the common one. */
  readonly pools: readonly string[];
  /** Takes delivery of an execution; what it decides is recorded by Phi, not by BullMQ. */
  readonly onDelivery: (executionId: string) => Promise<void>;
  readonly onError: (error: Error) => void;
  /** Takes nothing until it is resumed. */
  readonly paused?: boolean;
}

/** Takes admitted executions from BullMQ. */
export class ExecutionWorker {
  private readonly workers: readonly BoundedWorker<ExecutionMessage>[];
  private readonly places: SharedPlaces;
  private readonly connection: Redis;

  constructor(private readonly options: ExecutionWorkerOptions) {
    this.connection = consumerConnection(options.redisUrl);
    this.places = new SharedPlaces(options.concurrency);
    const pools = options.pools.length === 0 ? [undefined] : [...new Set(options.pools)];
    this.workers = pools.map((pool) => this.open(pool));
  }

  /** Takes nothing more; what was taken goes on. */
  async pause(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.pause(true)));
  }

  /** Takes again, after `pause` or having begun paused. */
  async resume(): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.resume()));
  }

  /** @param deadlineMs - `close` waits for ever when Redis is away; past this the connection is cut */
  async close(deadlineMs: number): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.closeWithin(deadlineMs)));
    this.connection.disconnect();
  }

  private open(pool: string | undefined): BoundedWorker<ExecutionMessage> {
    const { namespace, concurrency, onDelivery, onError, paused } = this.options;
    const worker: BoundedWorker<ExecutionMessage> = new BoundedWorker<ExecutionMessage>(
      executionsQueue(pool),
      (job) => this.places.within(worker, () => onDelivery(job.data.execution_id)),
      {
        ...UNASKED,
        connection: this.connection,
        prefix: queuePrefix(namespace),
        concurrency,
        autorun: paused !== true,
      },
    );
    worker.on('error', onError);
    this.places.add(worker);
    return worker;
  }
}
