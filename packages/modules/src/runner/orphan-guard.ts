import { Worker } from 'node:worker_threads';

/** The thread that is never busy with a body. */
export interface Guard {
  /** @param everyMs beats to the parent so often, from now on; undefined: not any more */
  beat(everyMs: number | undefined): void;
}

/**
 * Starts the thread that ends this process and all it started when its parent is gone, also while a body keeps the main thread
 * busy, and that beats for the body (Rule 13).
 *
 * The end is SIGKILL: an orderly exit would wait for a query that still runs on a thread of the database.
 *
 * @param parentPid the process that forked this one
 */
export const startGuard = (parentPid: number): Guard => {
  const guard = new Worker(new URL('./orphan-guard-thread.js', import.meta.url), {
    workerData: { parentPid },
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 4 },
    execArgv: [],
  });
  guard.unref();
  return {
    beat: (everyMs) => {
      guard.postMessage(everyMs ?? null);
    },
  };
};
