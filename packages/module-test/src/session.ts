import { setTimeout as pause } from 'node:timers/promises';

import {
  hasEnded,
  jobKey,
  jobStatusSchema,
  jobSummarySchema,
  moduleDescriptionSchema,
  type JobCallback,
  type JobStatus,
  type JobSummary,
  type ModuleDescription,
  type SentJobRequest,
} from '@phi/modules';

import { CallbackListener } from './callback-listener.js';
import { CheckFailed, CheckSkipped } from './verdicts.js';
import type { Answer, Asked, Probe } from './probe.js';
import { usualWork, type Work } from './work.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

export interface SessionOptions {
  readonly probe: Probe;
  /** Whether a token is sent. */
  readonly hasToken: boolean;
  readonly quick?: Work;
  readonly slow?: Work;
  /** Where the module reaches this machine. Default: the loopback interface. */
  readonly callbackUrl?: string;
  readonly callbackPort?: number;
  readonly newId: () => string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** What makes one submission differ from another. */
export interface Submission {
  /** Default: 1. */
  readonly generation?: number;
  /** Default: 1. */
  readonly fence?: number;
  readonly attempt?: number;
  readonly checkpoint?: string;
  readonly callback?: JobCallback;
  /** Changes the work: the module need not be able to do it. */
  readonly otherWork?: boolean;
}

/** A job that ended, with all that the module said of it on the way. */
export interface WatchedJob {
  readonly key: string;
  readonly accepted: JobSummary;
  readonly statuses: readonly JobStatus[];
  readonly end: JobStatus;
}

/** One chain and stage: what a key is made of. */
export class Chain {
  constructor(
    readonly id: string,
    readonly stage: string,
  ) {}

  key(generation = 1): string {
    return jobKey(this.id, this.stage, generation);
  }
}

/** What the checks of one test share: how to ask, what to ask for, and the jobs that were begun. */
export class Session {
  readonly #begun = new Set<string>();
  #description: ModuleDescription | undefined;
  #watched: WatchedJob | undefined;
  #signal: AbortSignal = AbortSignal.abort();

  constructor(readonly options: SessionOptions) {}

  /** Whatever is asked from now on is given up when the signal is aborted. */
  until(signal: AbortSignal): void {
    this.#signal = signal;
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  ask(asked: Asked): Promise<Answer> {
    return this.options.probe.ask(asked, this.#signal);
  }

  async describe(): Promise<ModuleDescription> {
    if (this.#description !== undefined) return this.#description;
    const answer = await this.ask({ method: 'GET', path: '/v1/module' });
    this.#description = answer.expectStatus(200).read(moduleDescriptionSchema);
    return this.#description;
  }

  /** A chain of its own, for work that ends by itself. */
  async chain(work?: Work): Promise<Chain> {
    const { stage } = work ?? (await this.quick());
    const { names } = await this.describe();
    return new Chain(`module-test-${this.options.newId()}`, stage ?? names[0] ?? 'MODULE');
  }

  /** @throws CheckSkipped where it is not known what the module can do */
  async quick(): Promise<Work> {
    const work = this.options.quick ?? usualWork(await this.describe())?.quick;
    if (work !== undefined) return work;
    throw new CheckSkipped('it is not known what this module can do; --request says it');
  }

  /** @throws CheckSkipped where nothing is known that takes long enough */
  async slow(): Promise<Work> {
    const usual = this.options.quick === undefined ? usualWork(await this.describe())?.slow : undefined;
    const work = this.options.slow ?? usual;
    if (work !== undefined) return work;
    throw new CheckSkipped('no work is known that takes long enough to be stopped; --slow-request says it');
  }

  request(chain: Chain, work: Work, submission: Submission = {}): SentJobRequest {
    const { fence = 1, attempt = 1, checkpoint, callback, otherWork = false } = submission;
    const { type, parameters, inputs = { stages: {}, jobs: {} } } = work;
    return {
      type,
      parameters,
      inputs: otherWork
        ? { ...inputs, jobs: { ...inputs.jobs, 'phi-module-test': { batch: 'other' } } }
        : inputs,
      execution_context: {
        execution_id: attempt === 1 ? chain.id : `${chain.id}-${String(attempt)}`,
        chain_id: chain.id,
        job_id: 'phi-module-test',
        run_id: chain.id,
        attempt_number: attempt,
        fence,
        stage: chain.stage,
        timeout_seconds: 600,
      },
      ...(checkpoint === undefined ? {} : { checkpoint }),
      ...(callback === undefined ? {} : { callback }),
    };
  }

  /** Submits as Phi does; whatever the answer is. */
  async post(chain: Chain, work: Work, submission: Submission = {}): Promise<Answer> {
    const { generation = 1, fence = 1 } = submission;
    const answer = await this.ask({
      method: 'POST',
      path: '/v1/jobs',
      headers: { 'idempotency-key': chain.key(generation), 'phi-fence': String(fence) },
      body: JSON.stringify(this.request(chain, work, submission)),
    });
    const accepted = answer.status === 202 ? answer.read(jobSummarySchema) : undefined;
    if (accepted !== undefined) this.#begun.add(accepted.ref);
    return answer;
  }

  /** Submits, and must be accepted. */
  async submit(chain: Chain, work: Work, submission: Submission = {}): Promise<JobSummary> {
    const answer = await this.post(chain, work, submission);
    const job = answer.expectStatus(202).read(jobSummarySchema);
    const key = chain.key(submission.generation);
    if (job.idempotency_key !== key)
      throw new CheckFailed(
        `${answer.what} with the job of the key "${job.idempotency_key}"; expected "${key}"`,
      );
    return job;
  }

  async status(ref: string, key: string): Promise<JobStatus> {
    const answer = await this.ask({ method: 'GET', path: `/v1/jobs/${ref}` });
    const status = answer.expectStatus(200).read(jobStatusSchema);
    if (status.ref !== ref || status.idempotency_key !== key)
      throw new CheckFailed(
        `${answer.what} with the job ${status.ref} of the key "${status.idempotency_key}"; expected "${key}"`,
      );
    return status;
  }

  /** @param fence left out where no attempt asks */
  cancel(ref: string, fence?: number): Promise<Answer> {
    const headers: Record<string, string> = fence === undefined ? {} : { 'phi-fence': String(fence) };
    return this.ask({ method: 'DELETE', path: `/v1/jobs/${ref}`, headers });
  }

  /** All that the module says of a job, to its end. */
  async watch(ref: string, key: string): Promise<JobStatus[]> {
    const statuses: JobStatus[] = [];
    for (let wait = FIRST_PAUSE_MS; ; wait = Math.min(2 * wait, LONGEST_PAUSE_MS)) {
      const status = await this.status(ref, key);
      statuses.push(status);
      if (hasEnded(status.state)) return statuses;
      await pause(wait, undefined, { signal: this.#signal });
    }
  }

  /** The last that the module says of a job. */
  async ended(ref: string, key: string): Promise<JobStatus> {
    const end = (await this.watch(ref, key)).at(-1);
    if (end === undefined) throw new Error(`${ref} ended without a status`);
    return end;
  }

  /** A job that ended by itself: the same for all checks that only look at one. */
  async watched(): Promise<WatchedJob> {
    if (this.#watched !== undefined) return this.#watched;
    const work = await this.quick();
    const chain = await this.chain(work);
    const accepted = await this.submit(chain, work);
    const key = chain.key();
    const statuses = await this.watch(accepted.ref, key);
    const end = statuses.at(-1);
    if (end === undefined) throw new Error(`${accepted.ref} ended without a status`);
    return (this.#watched = { key, accepted, statuses, end });
  }

  listenForCallbacks(): Promise<CallbackListener> {
    const { callbackUrl, callbackPort = 0, newId } = this.options;
    return CallbackListener.open(callbackPort, callbackUrl, newId());
  }

  /** Stops whatever the checks have begun, as far as the module lets it be stopped. */
  async cleanUp(): Promise<void> {
    await Promise.all([...this.#begun].map((ref) => this.cancel(ref).catch(() => undefined)));
  }
}
