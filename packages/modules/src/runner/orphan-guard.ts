import { Worker } from 'node:worker_threads';
import { killGroup } from './kill-group.js';

/**
 * Ends this process and all it started as soon as its parent is gone. The channel's end tells at once, if the main
 * thread is free to hear it; the thread of its own tells when a body keeps it busy.
 *
 * The end is SIGKILL: an orderly exit would wait for a query that still runs on a thread of the database.
 *
 * @param parentPid the process that forked this one
 */
export const startOrphanGuard = (parentPid: number): void => {
  process.once('disconnect', () => {
    killGroup(process.pid, 'SIGKILL');
  });
  const guard = new Worker(new URL('./orphan-guard-thread.js', import.meta.url), {
    workerData: { parentPid },
    resourceLimits: { maxOldGenerationSizeMb: 8, maxYoungGenerationSizeMb: 2 },
    execArgv: [],
  });
  guard.unref();
};
