import type { Listed } from './integrity-store.js';

/** A stage that waits in the queue of its module, and that no worker has begun. */
export interface StageJob {
  readonly queue: string;
  readonly id: string;
  /** The first attempt of the chain that it is a stage of. */
  readonly chain_id: string;
}

/** What the queues of modules hold, under the namespace's own prefix (docs/module-kinds.md, "Queue"). */
export interface StageJobs {
  /** Names of queues that are not Phi's own. */
  queues(cursor?: string): Promise<Listed>;
  /**
   * A page of what no worker has begun; jobs that are not Phi's are left out.
   *
   * @param from - the index of the first
   * @returns with the index of the next; absent at the end
   */
  waiting(
    queue: string,
    from: number,
  ): Promise<{ readonly jobs: readonly StageJob[]; readonly next?: number }>;
  /** @returns whether it is gone; not where a worker has it by now */
  remove(job: StageJob): Promise<boolean>;
}
