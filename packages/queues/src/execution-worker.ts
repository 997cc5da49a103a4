import { BoundedWorker } from './bounded-worker.js';
import { consumerConnection } from './connection.js';
import { EXECUTIONS_QUEUE, queuePrefix, type ExecutionMessage } from './names.js';

export interface ExecutionWorkerOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  /** Executions at once (EXECUTOR_PARALLELISM). */
  readonly concurrency: number;
  /** Takes delivery of an execution; what it decides is recorded by Phi, not by BullMQ. */
  readonly onDelivery: (executionId: string) => Promise<void>;
  readonly onError: (error: Error) => void;
  /** Takes nothing until it is resumed. */
  readonly paused?: boolean;
}

/** Takes admitted executions from BullMQ. */
export class ExecutionWorker {
  private readonly worker: BoundedWorker<ExecutionMessage>;
  private readonly disconnect: () => void;

  constructor(options: ExecutionWorkerOptions) {
    const connection = consumerConnection(options.redisUrl);
    this.disconnect = () => connection.disconnect();
    this.worker = new BoundedWorker<ExecutionMessage>(
      EXECUTIONS_QUEUE,
      (job) => options.onDelivery(job.data.execution_id),
      {
        connection,
        prefix: queuePrefix(options.namespace),
        concurrency: options.concurrency,
        autorun: options.paused !== true,
      },
    );
    this.worker.on('error', options.onError);
  }

  /** Takes nothing more; what was taken goes on. */
  async pause(): Promise<void> {
    await this.worker.pause(true);
  }

  /** Takes again, after `pause` or having begun paused. */
  async resume(): Promise<void> {
    await this.worker.resume();
  }

  /** @param deadlineMs - `close` waits for ever when Redis is away; past this the connection is cut */
  async close(deadlineMs: number): Promise<void> {
    await this.worker.closeWithin(deadlineMs);
    this.disconnect();
  }
}
