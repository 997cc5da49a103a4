import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  PhiError,
  type QueueBinding,
  type QueuedStage,
  type RemoteJob,
  type RemoteJobStore,
  type QueuedStageState,
  type StageQueues,
} from '@phi/core';
import { stoppedOutcome, type AttemptHooks } from '../../runner/attempt-outcome.js';
import { parseStageResult } from '../../contract/stage-result.js';
import type { Gate } from '../../runner/gate.js';
import type { StageCall, StageDriver, StageOutcome } from '../stage-connector.js';
import { readFailedReason } from './failed-reason.js';
import { readQueueCheckpoint, writeQueueCheckpoint, type QueueCheckpoint } from './queue-checkpoint.js';
import { readWorkerProgress } from './worker-progress.js';

type Ended = Extract<QueuedStageState, { readonly state: 'COMPLETED' | 'FAILED' | 'ABSENT' }>;

const hasEnded = (seen: QueuedStageState): seen is Ended =>
  seen.state !== 'WAITING' && seen.state !== 'ACTIVE';

export interface QueueOptions {
  readonly queues: StageQueues;
  /** Where whoever takes back what nobody waits for finds it. */
  readonly remoteJobs: Pick<RemoteJobStore, 'record' | 'forget'>;
}

/** The next attempt goes on with the job: it is nobody's decision that its work should end. */
const LEAVES: readonly unknown[] = ['SHUTDOWN', 'HANDED_OVER', 'LEASE_LOST'];

/** One job of one stage, while an attempt waits for it. */
class QueuedCall {
  readonly stage: QueuedStage;
  /** What is on record of it. */
  readonly entry: RemoteJob;
  #checkpoint: QueueCheckpoint;

  constructor(
    readonly call: StageCall,
    binding: QueueBinding,
    private readonly hooks: AttemptHooks,
  ) {
    this.#checkpoint = readQueueCheckpoint(call.checkpoint);
    const { generation } = this.#checkpoint;
    const { queue, prefix } = binding;
    const { chain_id, stage, execution_id } = call;
    const key = `${chain_id}-${stage}-${String(generation)}`;
    this.stage = { queue, prefix, job_id: key };
    this.entry = { chain_id, stage, generation, execution_id, key, url: `queue:${queue}` };
  }

  get data(): object {
    return { ...this.call, key: this.stage.job_id, checkpoint: this.#checkpoint.state };
  }

  /** Progress is told by whoever has the job's id: nothing is decided by it. */
  takeProgress(progress: unknown): void {
    const { records, checkpoint } = readWorkerProgress(progress);
    if (records !== undefined) this.hooks.onProgress?.(this.call.stage, records);
    if (checkpoint === undefined || checkpoint === this.#checkpoint.state) return;
    this.#save({ ...this.#checkpoint, state: checkpoint });
  }

  /** The job is known to have failed: another attempt needs another. */
  takeFailure(): void {
    this.#save({ ...this.#checkpoint, generation: this.#checkpoint.generation + 1 });
  }

  log(level: 'warn', message: string): void {
    this.hooks.onLog?.({ origin: 'logger', level, message, stage: this.call.stage, fields: {} });
  }

  #save(checkpoint: QueueCheckpoint): void {
    this.#checkpoint = checkpoint;
    this.#keep(checkpoint).catch((error: unknown) => {
      if (checkpoint.state === undefined) return;
      this.log('warn', `what the worker saved is not kept: ${String(error)}`);
      // Which job it is must be kept, whatever the worker wants kept.
      this.#keep({ generation: checkpoint.generation }).catch(() => undefined);
    });
  }

  async #keep(checkpoint: QueueCheckpoint): Promise<void> {
    await this.hooks.onCheckpoint?.(this.call.stage, writeQueueCheckpoint(checkpoint));
  }
}

/**
 * Runs a stage as a BullMQ job on the module's own queue, for a worker of any language (docs/module-kinds.md). An attempt that follows one
 * that was lost finds the same job by its id.
 */
export class QueueDriver implements StageDriver {
  readonly isRemote = true;
  /** What is in a queue can be read by all who may read Redis: the worker has its secrets from elsewhere. */
  readonly keepsReferences = true;
  readonly #closing = new AbortController();

  constructor(
    private readonly binding: QueueBinding,
    private readonly options: QueueOptions,
    private readonly gate: Gate,
  ) {}

  async runStage(
    call: StageCall,
    hooks: AttemptHooks,
  ): Promise<{ readonly reported: unknown } | StageOutcome> {
    const signal = AbortSignal.any([hooks.signal, this.#closing.signal]);
    const queued = new QueuedCall(call, this.binding, hooks);
    const ended = await this.#untilEnded(queued, signal);
    if (ended !== undefined) {
      await this.#forget(queued.entry);
      return this.#outcomeOf(ended, queued);
    }
    return stoppedOutcome(signal, await this.#stop(queued, hooks.signal));
  }

  close(): Promise<void> {
    this.#closing.abort('SHUTDOWN');
    return Promise.resolve();
  }

  /** @returns undefined where the signal was first */
  async #untilEnded(queued: QueuedCall, signal: AbortSignal): Promise<Ended | undefined> {
    let told = new AbortController();
    const { queues, remoteJobs } = this.options;
    const stopWatching = queues.watch(queued.stage, {
      onProgress: (progress) => {
        queued.takeProgress(progress);
      },
      onEnded: () => {
        told.abort();
      },
    });
    try {
      let isAdded = false;
      while (!signal.aborted) {
        try {
          await this.gate.passed();
          if (signal.aborted) return undefined;
          if (!isAdded) {
            await remoteJobs.record(queued.entry);
            await queues.add(queued.stage, queued.call.job_id, queued.data);
          }
          isAdded = true;
          const seen = await queues.look(queued.stage);
          // What was told while nobody listened stands on the job: of one that has failed too, the next goes on with it.
          if (seen.state === 'ACTIVE' || seen.state === 'FAILED') queued.takeProgress(seen.progress);
          if (hasEnded(seen)) return seen;
        } catch (error) {
          // The job is where it is; the attempt's own time bounds how long it is asked for.
          queued.log('warn', `the queue ${this.binding.queue} gives no answer: ${String(error)}`);
        }
        await interval(this.binding.poll_interval_seconds, AbortSignal.any([signal, told.signal]));
        if (told.signal.aborted) told = new AbortController();
      }
      return undefined;
    } finally {
      stopWatching();
    }
  }

  #outcomeOf(ended: Ended, queued: QueuedCall): { readonly reported: unknown } | StageOutcome {
    const { stage } = queued.call;
    switch (ended.state) {
      case 'COMPLETED':
        try {
          return { kind: 'succeeded', result: parseStageResult(stage, ended.value) };
        } catch (error) {
          // Under the same id there will never be another result.
          queued.takeFailure();
          throw error;
        }
      case 'FAILED':
        queued.takeFailure();
        return { kind: 'failed', stage, error: readFailedReason(ended.reason, 'queue.run') };
      case 'ABSENT':
        throw new PhiError(
          'EXEC_018_CONNECTION_FAILED',
          `the job ${queued.stage.job_id} is gone from the queue ${queued.stage.queue}: somebody removed it`,
          { operation: 'queue.look', data: {} },
        );
    }
  }

  /** @returns GRACEFUL where nothing runs any more, or is left to the next attempt on purpose */
  async #stop(queued: QueuedCall, signal: AbortSignal): Promise<'GRACEFUL' | 'FORCED'> {
    if (!signal.aborted || LEAVES.includes(signal.reason)) return 'GRACEFUL';
    if (await this.#isOver(queued)) return 'GRACEFUL';
    const deadline = AbortSignal.timeout(this.binding.cancel_timeout_seconds * 1000);
    while (!deadline.aborted) {
      await interval(Math.min(this.binding.poll_interval_seconds, 1), deadline);
      if (await this.#isOver(queued)) return 'GRACEFUL';
    }
    queued.log(
      'warn',
      `a worker of ${this.binding.queue} still has the job ${queued.stage.job_id}: BullMQ cannot cancel what a worker has begun`,
    );
    return 'FORCED';
  }

  /** Taken back before a worker had it, or ended. */
  async #isOver(queued: QueuedCall): Promise<boolean> {
    const { queues } = this.options;
    try {
      const seen = await queues.look(queued.stage);
      if (seen.state === 'FAILED') queued.takeFailure();
      const isOver = hasEnded(seen) || (await queues.remove(queued.stage));
      if (isOver) await this.#forget(queued.entry);
      return isOver;
    } catch (error) {
      queued.log('warn', `the queue ${this.binding.queue} gives no answer: ${String(error)}`);
      return false;
    }
  }

  /** Whoever looks for what nobody waits for finds the same out if this fails. */
  async #forget(entry: RemoteJob): Promise<void> {
    await this.options.remoteJobs.forget(entry).catch(() => undefined);
  }
}

/** Ends early when the signal is aborted. */
const interval = async (seconds: number, signal: AbortSignal): Promise<void> => {
  if (signal.aborted) return;
  const timer = new AbortController();
  await Promise.race([
    sleep(seconds * 1000, undefined, { signal: timer.signal }).catch(() => undefined),
    once(signal, 'abort', { signal: timer.signal }).catch(() => undefined),
  ]);
  timer.abort();
};
