import type { JobCallback } from '../../contract/job-request.js';
import { hasEnded, type JobStatus, type JobSummary } from '../../contract/job-status.js';
import type { LogLevel } from '../../contract/module-context.js';
import { parseStageResult } from '../../contract/stage-result.js';
import { stoppedOutcome, type AttemptHooks } from '../../runner/attempt-outcome.js';
import type { StageCall, StageOutcome } from '../stage-connector.js';
import { cancelUntilConfirmed, type CancelledJob } from './end-remote-job.js';
import type { HttpSettings } from './http-settings.js';
import { insist } from './insist.js';
import { badResult, cancelledElsewhere, jobFailure } from './job-failure.js';
import { jobRequestOf } from './job-request-of.js';
import { JobWatch } from './job-watch.js';
import type { ModuleClient, SeenJob } from './module-client.js';
import { Pace } from './pace.js';
import { Pauses } from './pause.js';
import { RemoteLogs } from './remote-logs.js';
import { mergeDeliveries } from './remote-progress.js';
import { TrackedJob, type RemoteJobRecords } from './tracked-job.js';
import { unlessStopped } from './unless-stopped.js';

/** What a stage on a remote module is driven with. */
export interface RemoteStageHost {
  readonly client: ModuleClient;
  readonly settings: HttpSettings;
  readonly remoteJobs: RemoteJobRecords;
  /** 0 <= random < 1. */
  readonly random: () => number;
  /** Where the module may tell of changes. */
  readonly callback: JobCallback | undefined;
  /** Whether the module has lines of its jobs to give. */
  readonly hasLogs: () => Promise<boolean>;
}

/** Why an attempt is stopped whose job goes on: the next attempt attaches to it. */
const GOES_ON: ReadonlySet<unknown> = new Set(['SHUTDOWN', 'HANDED_OVER', 'LEASE_LOST']);

/**
 * One stage of one attempt on a remote module: submits its job or finds it again, looks until it has ended, and stops it when the
 * attempt is stopped (docs/adr/0024-remote-modules.md).
 */
export class RemoteStage {
  readonly #job: TrackedJob;
  readonly #pauses: Pauses;
  readonly #logs: RemoteLogs;
  readonly #published = new Set<string>();
  #records: number | undefined;
  /** Whether this attempt saw the job before its end. */
  #seenRunning = false;
  #begunAnew = false;
  #submission: Promise<JobSummary> | undefined;

  constructor(
    private readonly call: StageCall,
    private readonly hooks: AttemptHooks,
    private readonly host: RemoteStageHost,
  ) {
    const { client, remoteJobs } = host;
    this.#job = new TrackedJob(call, client.url, remoteJobs, {
      save: async (text) => hooks.onCheckpoint?.(call.stage, text),
      onTooLarge: (problem) => {
        this.#log('warn', `what the module saved is not kept: ${problem}`);
      },
    });
    this.#pauses = new Pauses(hooks.signal);
    this.#logs = new RemoteLogs(client, (level, message) => {
      this.#log(level, message);
    });
  }

  /** To be called when the module says that there is something to see. */
  get wake(): () => void {
    return this.#pauses.wake;
  }

  /** @throws what keeps the stage from its end: its job may then still run, and stays recorded */
  async run(): Promise<{ readonly reported: unknown } | StageOutcome> {
    try {
      for (;;) {
        const status = await this.#untilEnded();
        if (status.state === 'SUCCEEDED') return await this.#succeed(status);
        const beginsAnew = status.state === 'CANCELLED' && this.#wasCancelledForAnother();
        await this.#job.endGeneration(status);
        if (status.state === 'FAILED') return this.#failed(jobFailure(status, this.call.stage));
        if (!beginsAnew) return this.#failed(cancelledElsewhere(status, this.call.stage));
        this.#begunAnew = true;
      }
    } catch (error) {
      if (!this.hooks.signal.aborted) throw error;
      return this.#stop(this.hooks.signal.reason);
    }
  }

  /** Phi has cancelled it for an earlier attempt: when that was stopped, or because nobody seemed to wait any more. */
  #wasCancelledForAnother(): boolean {
    const isOwn = this.call.attempt_number === 1 || this.#begunAnew;
    return !isOwn && (this.#job.progress.cancelling || !this.#seenRunning);
  }

  async #untilEnded(): Promise<SeenJob> {
    const { client, settings } = this.host;
    const ref = this.#job.progress.ref ?? (await this.#submit());
    const watch = new JobWatch({
      client,
      key: this.#job.key,
      fence: this.call.fence,
      signal: this.hooks.signal,
      pauses: this.#pauses,
      pace: this.#pace(),
      unreachableMs: settings.unreachableMs,
      submit: () => this.#submit(),
      onStatus: (current, status) => this.#tell(current, status),
    });
    return watch.untilEnded(ref);
  }

  /** Submits the job, or finds the one under its key. @returns its reference */
  async #submit(): Promise<string> {
    const { client, settings, callback } = this.host;
    const insistence = {
      signal: this.hooks.signal,
      pauses: this.#pauses,
      pace: this.#pace(),
      forMs: settings.unreachableMs,
    };
    this.#job.detach();
    const request = jobRequestOf(this.call, settings.request, this.#job.progress, callback);
    // Before: a job that nobody knows of could not be found by anybody.
    await insist(insistence, () => this.#job.record());
    const { ref } = await insist(insistence, () => {
      this.#submission = client.submit(this.#job.key, request);
      return this.#submission;
    });
    this.#job.attach(ref);
    await insist(insistence, () => this.#job.record());
    return ref;
  }

  async #tell(ref: string, status: JobStatus): Promise<void> {
    this.#seenRunning ||= !hasEnded(status.state);
    const records = status.records_processed ?? status.progress?.records;
    if (records !== undefined && records !== this.#records) {
      this.#records = records;
      this.hooks.onProgress?.(this.call.stage, records);
    }
    for (const dataset of status.published.filter((name) => !this.#published.has(name))) {
      this.#published.add(dataset);
      this.hooks.onPublish?.(dataset);
    }
    this.#job.takeCheckpoint(status);
    const { signal } = this.hooks;
    if (await unlessStopped(signal, this.host.hasLogs())) await unlessStopped(signal, this.#logs.fetch(ref));
  }

  async #succeed(status: SeenJob): Promise<{ readonly reported: unknown }> {
    const { delivered } = this.#job.progress;
    const { delivery_acknowledgements: acknowledged } = status;
    const reported =
      acknowledged === undefined && delivered.length === 0
        ? status
        : { ...status, delivery_acknowledgements: mergeDeliveries(delivered, acknowledged ?? []) };
    try {
      if (status.unreadable !== undefined) throw badResult(this.call.stage, status.unreadable);
      parseStageResult(this.call.stage, reported);
    } catch (error) {
      // Under the same key there will never be another result.
      await this.#job.endGeneration(status);
      throw error;
    }
    await this.#job.forget();
    return { reported };
  }

  #failed(error: Extract<StageOutcome, { kind: 'failed' }>['error']): StageOutcome {
    return { kind: 'failed', stage: this.call.stage, error };
  }

  async #stop(reason: unknown): Promise<StageOutcome> {
    const { ref } = this.#job.progress;
    const mayRun = this.#submission !== undefined || ref !== undefined || this.call.attempt_number > 1;
    if (!mayRun) return stoppedOutcome(this.hooks.signal, 'GRACEFUL');
    if (GOES_ON.has(reason)) {
      // Once more: where its chain has ended meanwhile, it may have been forgotten before it was there.
      if (this.#submission !== undefined) await this.#job.record().catch(() => undefined);
      return stoppedOutcome(this.hooks.signal, 'GRACEFUL');
    }
    const cancelled = await this.#cancel();
    if (cancelled.confirmed) return stoppedOutcome(this.hooks.signal, 'GRACEFUL');
    this.#log('warn', `that the remote job is gone is not confirmed: ${cancelled.problem}`);
    return stoppedOutcome(this.hooks.signal, 'FORCED');
  }

  async #cancel(): Promise<CancelledJob> {
    const { client, settings } = this.host;
    // A submission that is under way may start a job yet.
    const submitted = await this.#submission?.catch(() => undefined);
    const ref = this.#job.progress.ref ?? submitted?.ref;
    if (ref !== undefined) this.#job.attach(ref);
    this.#job.setCancelling(true);
    const request = { key: this.#job.key, ref, fence: this.call.fence };
    const cancelled = await cancelUntilConfirmed(client, request, this.#pace(), settings.cancelTimeoutMs);
    if (cancelled.confirmed) await this.#job.settle(cancelled.status);
    return cancelled;
  }

  #pace(): Pace {
    const { settings, random } = this.host;
    return new Pace(settings.pollIntervalMs, settings.pollIntervalMaxMs, random);
  }

  #log(level: LogLevel, message: string): void {
    this.hooks.onLog?.({ origin: 'logger', level, message, stage: this.call.stage, fields: {} });
  }
}
