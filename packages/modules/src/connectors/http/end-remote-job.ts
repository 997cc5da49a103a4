import { setTimeout as sleep } from 'node:timers/promises';
import { hasEnded, type JobStatus } from '../../contract/job-status.js';
import type { ModuleClient } from './module-client.js';
import type { Pace } from './pace.js';

/** What became of a job that was asked to stop: how it ended, GONE where the module does not know it; else why it may still run. */
export type CancelledJob =
  | { readonly confirmed: true; readonly status: JobStatus | 'GONE' }
  | { readonly confirmed: false; readonly problem: string };

export interface CancelledJobRequest {
  readonly key: string;
  /** Undefined where it is not known: the job is looked for by its key. */
  readonly ref: string | undefined;
  /** Undefined where no attempt asks. */
  readonly fence?: number;
}

/**
 * Asks a job to stop, once.
 *
 * @throws ModuleTrouble
 */
export const cancelOnce = async (
  client: ModuleClient,
  { key, ref: known, ...asker }: CancelledJobRequest,
): Promise<CancelledJob> => {
  const ref = known ?? (await client.find(key))?.ref;
  if (ref === undefined) return { confirmed: true, status: 'GONE' };
  const status = await client.cancel({ ref, key, ...asker });
  if (status === undefined) return { confirmed: true, status: 'GONE' };
  if (hasEnded(status.state)) return { confirmed: true, status };
  return {
    confirmed: false,
    problem: `the module was asked to cancel the job ${ref}, which is ${status.state}`,
  };
};

/**
 * Asks a job to stop until that is confirmed.
 *
 * @param forMs how long at most
 */
export const cancelUntilConfirmed = async (
  client: ModuleClient,
  job: CancelledJobRequest,
  pace: Pace,
  forMs: number,
): Promise<CancelledJob> => {
  const until = performance.now() + forMs;
  for (;;) {
    const result = await cancelOnce(client, job).catch((error: unknown): CancelledJob => ({
      confirmed: false,
      problem: error instanceof Error ? error.message : String(error),
    }));
    const left = until - performance.now();
    if (result.confirmed || left <= 0) return result;
    await sleep(Math.min(pace.next(), left));
  }
};
