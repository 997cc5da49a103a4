import { UnrecoverableError, Worker, type Job } from 'bullmq';
import type { Redis } from 'ioredis';

import { BoundedWorker } from './bounded-worker.js';
import { consumerConnection, UNASKED } from './connection.js';
import { MessageNotTaken, type IntakeAnswer, type IntakeMessage } from './intake-answer.js';
import { disregardOptions, messageId, pauseMs } from './intake-job.js';
import { intakePrefixes, type IntakeQueueName } from './names.js';
import { refusalReason } from './refusal-reason.js';

export interface IntakeWorkerOptions {
  readonly redisUrl: string;
  /** Of the namespace `default`, the queue that BullMQ has without a prefix is taken from as well. */
  readonly namespace: string;
  readonly queue: IntakeQueueName;
  /** Messages at once. */
  readonly concurrency: number;
  /**
   * Decides about a message, which is acknowledged only then. It may be asked about the same one again, or twice at once:
   * `message.id` is how it knows. If it throws, the message steps aside and is tried again after 1 s, at most 30 s.
   */
  readonly onMessage: (message: IntakeMessage) => Promise<IntakeAnswer>;
  /** Told of connection errors, and as {@link MessageNotTaken} of what `onMessage` threw. */
  readonly onError: (error: Error) => void;
  /** A message whose process died is out of reach for this long, at most twice as long, in milliseconds. Default: 5,000. */
  readonly lockMs?: number;
}

const LOCK_MS = 5000;
/** Stalled as often as this, BullMQ would drop a message. */
const STALLED_AT_MOST = Number.MAX_SAFE_INTEGER;
/** BullMQ's own pause after a failed command would be 15 s. */
const AFTER_FAILURE_MS = 1000;
/** Nobody reaches this rate: without one, BullMQ does not look whether the queue is to wait. */
const UNREACHED_RATE = { max: 1_000_000_000, duration: 1000 };

/** Takes messages that other services add with BullMQ; none is lost, and each is decided by its answer alone. */
export class IntakeWorker {
  private readonly connection: Redis;
  private readonly workers: readonly BoundedWorker[];

  constructor(private readonly options: IntakeWorkerOptions) {
    this.connection = consumerConnection(options.redisUrl);
    this.workers = intakePrefixes(options.namespace).map((prefix) => this.consume(prefix));
  }

  /**
   * Takes nothing more and lets what is under way come to its answer.
   *
   * @param deadlineMs - past this the connection is cut; what had no answer yet is delivered again
   */
  async close(deadlineMs: number): Promise<void> {
    await Promise.all(this.workers.map((worker) => worker.closeWithin(deadlineMs)));
    this.connection.disconnect();
  }

  private consume(prefix: string): BoundedWorker {
    const { queue, concurrency, onError, lockMs = LOCK_MS } = this.options;
    const worker: BoundedWorker = new BoundedWorker(queue, (job) => this.take(worker, prefix, job), {
      ...UNASKED,
      connection: this.connection,
      prefix,
      concurrency,
      lockDuration: lockMs,
      stalledInterval: lockMs,
      maxStalledCount: STALLED_AT_MOST,
      runRetryDelay: AFTER_FAILURE_MS,
      limiter: UNREACHED_RATE,
      settings: { backoffStrategy: pauseMs },
    });
    worker.on('error', onError);
    return worker;
  }

  private async take(worker: Worker, prefix: string, job: Job<unknown>): Promise<unknown> {
    disregardOptions(job);
    const answer = await this.ask({ id: messageId(prefix, job), data: job.data });
    switch (answer.kind) {
      case 'done':
        return answer.value;
      case 'refused':
        throw new UnrecoverableError(refusalReason(answer.problems));
      case 'later':
        await job.updateProgress({ waited_for: answer.reason });
        await worker.rateLimit(Math.max(1, Math.ceil(answer.after_ms)));
        throw Worker.RateLimitError();
    }
  }

  private async ask(message: IntakeMessage): Promise<IntakeAnswer> {
    try {
      return await this.options.onMessage(message);
    } catch (error) {
      this.options.onError(new MessageNotTaken(this.options.queue, message.id, error));
      // What BullMQ keeps of it is for everybody to see: nothing of the cause.
      throw new Error('could not be taken in yet; it is tried again');
    }
  }
}
