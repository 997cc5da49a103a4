import { PhiError } from '@phi/core';
import { hasEnded, type JobStatus } from '../../contract/job-status.js';
import type { ModuleClient, SeenJob } from './module-client.js';
import { ModuleTrouble } from './module-trouble.js';
import type { Pace } from './pace.js';
import type { Pauses } from './pause.js';
import { unlessStopped } from './unless-stopped.js';

export interface JobWatchOptions {
  readonly client: Pick<ModuleClient, 'status' | 'url'>;
  readonly key: string;
  readonly fence: number;
  readonly signal: AbortSignal;
  readonly pauses: Pauses;
  readonly pace: Pace;
  /** How long a module without a usable answer is waited for, in milliseconds. */
  readonly unreachableMs: number;
  /** Submits the job again, under the same key. @returns its reference */
  submit(): Promise<string>;
  /** Every status that is news. */
  onStatus(ref: string, status: JobStatus): Promise<void>;
}

/** How often a job that the module does not know any more is submitted again. */
const RESUBMISSIONS = 3;

/** Looks at a remote job until it has ended. What the module says wrongly, late or not at all is overlooked for a while. */
export class JobWatch {
  /** The highest sequence of an answer: a lower one is old. */
  #seen = 0;
  #resubmitted = 0;
  #answered = performance.now();

  constructor(private readonly options: JobWatchOptions) {}

  /**
   * @throws the last trouble, once there was nothing else for too long; PhiError EXEC_033_REMOTE_LOST; the signal's reason
   */
  async untilEnded(ref: string): Promise<SeenJob> {
    const { pauses, pace } = this.options;
    for (let current = ref; ;) {
      const status = await this.#look(current);
      if (status instanceof ModuleTrouble) {
        await pauses.rest(pace.next(status.retryAfterMs));
        continue;
      }
      if (status === undefined) {
        current = await this.#submitAgain(current);
      } else {
        await this.options.onStatus(current, status);
        if (hasEnded(status.state)) return status;
      }
      // A module that calls back is looked at by itself only rarely.
      if (await pauses.pause(pace.next())) pace.slowDown();
    }
  }

  /** @returns undefined where the module does not know the job; trouble that may pass */
  async #look(ref: string): Promise<SeenJob | ModuleTrouble | undefined> {
    const { client, key, fence, signal, unreachableMs } = this.options;
    try {
      const status = await unlessStopped(signal, client.status({ ref, key, fence }));
      if (status !== undefined && status.sequence < this.#seen) throw this.#old(ref, status);
      this.#seen = status?.sequence ?? 0;
      this.#answered = performance.now();
      return status;
    } catch (error) {
      const mayPass = performance.now() - this.#answered < unreachableMs;
      if (error instanceof ModuleTrouble && mayPass) return error;
      throw error;
    }
  }

  async #submitAgain(ref: string): Promise<string> {
    this.#resubmitted += 1;
    if (this.#resubmitted <= RESUBMISSIONS) return this.options.submit();
    throw new PhiError(
      'EXEC_033_REMOTE_LOST',
      `the module accepted the job ${String(RESUBMISSIONS)} times and does not know it, ${ref} the last time`,
      { operation: 'module.status', data: { url: this.options.client.url, ref } },
    );
  }

  #old(ref: string, { sequence }: JobStatus): ModuleTrouble {
    const said = `sequence ${String(sequence)} of job ${ref} after ${String(this.#seen)}`;
    return new ModuleTrouble('EXEC_032_REMOTE_PROTOCOL', `the module answers with ${said}`, {
      url: this.options.client.url,
    });
  }
}
