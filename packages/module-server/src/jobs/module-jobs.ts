import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';

import {
  Places,
  requestFingerprint,
  type JobCallback,
  type JobList,
  type JobLogs,
  type JobRequest,
  type JobSummary,
  type RunnerPool,
} from '@phi/modules';

import type { CallbackSender } from '../callbacks/callback-sender.js';
import type { ModuleServerOptions } from '../module-server-options.js';
import { Refusal } from '../refusal.js';
import type { ServedModules } from '../served-modules.js';
import type { Fenced } from './fences.js';
import { Job } from './job.js';
import type { JobQuery, JobRegistry } from './job-registry.js';
import type { JobEnd } from './journal-entry.js';
import type { Journal } from './journal.js';
import { failed, runJob, type JobHost } from './run-job.js';

/** How long an answer to DELETE waits for the job to be gone, in milliseconds: most are at once. */
const CANCEL_WITHIN_MS = 1000;
const RETRY_AFTER_SECONDS = 5;

/** What jobs are done with. */
export interface JobsHost {
  readonly options: Pick<
    ModuleServerOptions,
    'directories' | 'parallelism' | 'waiting' | 'keepJobs' | 'keepMs'
  >;
  readonly served: ServedModules;
  readonly registry: JobRegistry;
  readonly journal: Pick<Journal, 'append'>;
  readonly pool: Pick<RunnerPool, 'run'>;
  readonly callbacks: Pick<CallbackSender, 'announce'>;
  readonly nextSequence: () => number;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** A job that has not ended. */
interface OpenJob {
  readonly job: Job;
  readonly request: JobRequest;
  /** Of the latest attempt that asked for the job. */
  callback: JobCallback | undefined;
  readonly stop: AbortController;
  isCancelled: boolean;
  hasPlace: boolean;
  /** Resolves when it is on the disk that the job was accepted. */
  readonly kept: Promise<void>;
  readonly ended: Promise<void>;
}

/** What became of the jobs that were there when the server was told to stop. */
export interface Stopped {
  readonly finished: number;
  readonly aborted: number;
}

/** The jobs of a module server: accepts them, runs them, and tells how they are (docs/module-contract.md). */
export class ModuleJobs {
  readonly #open = new Map<string, OpenJob>();
  readonly #places: Places;
  #isStopping = false;

  constructor(private readonly host: JobsHost) {
    this.#places = new Places(host.options.parallelism);
  }

  /**
   * The job of a key: a new one, or the one that was submitted under it before.
   *
   * @throws Refusal STALE_FENCE, KEY_REUSED, INVALID_REQUEST, OVERLOADED, UNAVAILABLE
   */
  async submit(key: string, request: JobRequest): Promise<JobSummary> {
    const { execution_context: context, callback } = request;
    this.#refuseStale(context, context.fence);
    const known = this.host.registry.byKey(key);
    if (known === undefined) return this.#accept(key, request);
    if (known.identity.fingerprint !== requestFingerprint(request))
      throw new Refusal('KEY_REUSED', `Idempotency-Key: other work was submitted under "${key}"`);
    const open = this.#open.get(known.identity.ref);
    if (open !== undefined) open.callback = callback;
    await open?.kept;
    await this.#raiseFence(known, context.fence);
    return known.summary;
  }

  /** @throws Refusal UNKNOWN_JOB */
  async get(ref: string, fence: number | undefined): Promise<Job> {
    const job = this.#find(ref);
    if (fence !== undefined) await this.#raiseFence(job, fence);
    return job;
  }

  list(query: JobQuery): JobList {
    return this.host.registry.list(query);
  }

  /** @throws Refusal UNKNOWN_JOB */
  logs(ref: string, after: number): JobLogs {
    return { lines: this.#find(ref).log.after(after) };
  }

  /**
   * Stops a job; whether nothing of it runs any more, its state says.
   *
   * @throws Refusal UNKNOWN_JOB, STALE_FENCE
   */
  async cancel(ref: string, fence: number | undefined): Promise<Job> {
    const job = this.#find(ref);
    if (fence !== undefined) {
      this.#refuseStale(job.identity, fence);
      await this.#raiseFence(job, fence);
    }
    const open = this.#open.get(ref);
    if (open !== undefined) {
      open.isCancelled = true;
      open.stop.abort();
      await Promise.race([open.ended, pause(CANCEL_WITHIN_MS, undefined, { ref: false })]);
    }
    return job;
  }

  /**
   * Accepts nothing more. What waits does not begin; what runs may come to its end, and is stopped after the grace.
   *
   * @returns when nothing runs any more
   */
  async stop(graceMs: number): Promise<Stopped> {
    this.#isStopping = true;
    const open = [...this.#open.values()];
    for (const { stop } of open.filter(({ hasPlace }) => !hasPlace)) stop.abort();
    const grace = setTimeout(() => {
      for (const { stop } of open) stop.abort();
    }, graceMs);
    await Promise.all(open.map(({ ended }) => ended));
    clearTimeout(grace);
    const aborted = open.filter(({ stop, isCancelled }) => stop.signal.aborted && !isCancelled).length;
    return { finished: open.length - aborted, aborted };
  }

  #accept(key: string, request: JobRequest): Promise<JobSummary> {
    const { registry, journal, nextSequence, served } = this.host;
    const module = served.nameFor(request);
    this.#refuseOverload();
    const { chain_id, stage, fence } = request.execution_context;
    const job = new Job(
      {
        ref: randomUUID(),
        idempotency_key: key,
        fingerprint: requestFingerprint(request),
        chain_id,
        stage,
        accepted: nextSequence(),
      },
      nextSequence,
    );
    // Before the first pause: the same key must find it from now on.
    registry.add(job);
    const kept = journal.append(...job.entries, ...registry.fences.raise(job.identity, fence));
    return this.#begin(job, request, module, kept);
  }

  async #begin(job: Job, request: JobRequest, module: string, kept: Promise<void>): Promise<JobSummary> {
    let ended = (): void => undefined;
    const open: OpenJob = {
      job,
      request,
      callback: request.callback,
      stop: new AbortController(),
      isCancelled: false,
      hasPlace: false,
      kept,
      ended: new Promise((resolve) => (ended = resolve)),
    };
    this.#open.set(job.identity.ref, open);
    await kept;
    void this.#carryOut(open, module).then(ended);
    return job.summary;
  }

  async #carryOut(open: OpenJob, module: string): Promise<void> {
    const end = await this.#run(open, module);
    const { journal, nextSequence, now } = this.host;
    const ending = { end, sequence: nextSequence(), at: now() };
    // Before anybody sees it: an end that was seen must never be another one.
    await journal.append({ type: 'ENDED', ref: open.job.identity.ref, ...ending });
    open.job.end(ending);
    this.#open.delete(open.job.identity.ref);
    this.#announce(open);
  }

  async #run(open: OpenJob, module: string): Promise<JobEnd> {
    const { job, request, stop } = open;
    if (!(await this.#places.take(stop.signal))) return stoppedEnd(open);
    open.hasPlace = true;
    try {
      job.run();
      this.#announce(open);
      const { pool, options, journal } = this.host;
      const host: JobHost = {
        pool,
        directories: options.directories,
        keep: (entry) => void journal.append(entry),
      };
      return await runJob(job, request, module, host, stop.signal, () => stoppedEnd(open));
    } finally {
      this.#places.give();
    }
  }

  #announce({ callback, job }: OpenJob): void {
    this.host.callbacks.announce(callback, job.status);
  }

  #find(ref: string): Job {
    const job = this.host.registry.byRef(ref);
    if (job === undefined) throw new Refusal('UNKNOWN_JOB', `there is no job ${ref}`);
    return job;
  }

  #refuseStale(of: Fenced, fence: number): void {
    if (!this.host.registry.fences.isStale(of, fence)) return;
    throw new Refusal(
      'STALE_FENCE',
      `fence: ${String(fence)} is lower than that of a later attempt of ${of.chain_id}`,
    );
  }

  async #raiseFence({ identity }: Job, fence: number): Promise<void> {
    const news = this.host.registry.fences.raise(identity, fence);
    if (news.length > 0) await this.host.journal.append(...news);
  }

  #refuseOverload(): void {
    const { options, registry, now } = this.host;
    const { parallelism, waiting, keepJobs, keepMs } = options;
    if (this.#isStopping) throw refuseUntilLater('UNAVAILABLE', 'the module server is stopping');
    registry.forget(now() - keepMs, keepJobs - 1);
    if (this.#open.size >= parallelism + waiting || registry.size >= keepJobs)
      throw refuseUntilLater(
        'OVERLOADED',
        `${String(this.#open.size)} jobs run or wait; accepted: ${String(parallelism)} that run and ${String(waiting)} that wait`,
      );
  }
}

function refuseUntilLater(code: 'OVERLOADED' | 'UNAVAILABLE', detail: string): Refusal {
  return new Refusal(code, detail, { retryAfterSeconds: RETRY_AFTER_SECONDS });
}

function stoppedEnd({ isCancelled }: OpenJob): JobEnd {
  if (isCancelled) return { state: 'CANCELLED' };
  return failed('SERVER_STOPPED', 'the module server was stopped while this job ran', 'TRANSIENT');
}
