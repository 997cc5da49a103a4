import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { createRunnerPool } from '@phi/modules';

import { CallbackSender } from './callbacks/callback-sender.js';
import { lockDirectory } from './directory-lock.js';
import { buildApp } from './http/app.js';
import { JobRegistry } from './jobs/job-registry.js';
import { Journal, readJournal } from './jobs/journal.js';
import { ModuleJobs, type Stopped } from './jobs/module-jobs.js';
import { restoreJobs } from './jobs/restore-jobs.js';
import type { ModuleServerOptions } from './module-server-options.js';
import { ServedModules } from './served-modules.js';

const JOURNAL = 'jobs.ndjson';

/** A module server that listens. */
export interface ModuleServer {
  readonly url: string;
  /** Jobs that ran, or waited to, when the server before this one went. */
  readonly interrupted: number;
  /** Resolves with the reason when the server can keep nothing any more: it must not go on. */
  readonly failed: Promise<unknown>;
  /**
   * Accepts no more jobs and lets those that run come to their end; those that outlast the grace are stopped.
   *
   * @returns when nothing runs and nothing listens
   */
  stop(graceMs: number): Promise<Stopped>;
}

/**
 * Serves modules over the module contract (docs/adr/0030-module-server.md).
 *
 * @throws DirectoryTaken; JournalDamaged; what listening throws
 */
export async function openModuleServer(options: ModuleServerOptions): Promise<ModuleServer> {
  const { directories, log } = options;
  const now = (): number => Date.now();
  await mkdir(directories.state, { recursive: true });
  const unlock = await lockDirectory(directories.state);
  try {
    // What bodies have left behind that went with their server.
    await rm(directories.work, { recursive: true, force: true });
    const path = join(directories.state, JOURNAL);
    const registry = new JobRegistry();
    const { start, nextSequence, interrupted } = restoreJobs(await readJournal(path), registry, now());
    registry.forget(now() - options.keepMs, options.keepJobs);
    const journal = new Journal(path, () => [{ type: 'STARTED', version: 1, start }, ...registry.entries]);
    await journal.start();
    const pool = createRunnerPool({
      size: options.parallelism,
      gracefulMs: options.gracefulMs,
      forceKillMs: options.forceKillMs,
      childEnv: options.childEnv,
      modules: options.modules,
    });
    const served = new ServedModules(options.modules);
    const callbacks = new CallbackSender(log, now);
    const jobs = new ModuleJobs({ options, served, registry, journal, pool, callbacks, nextSequence, now });
    const app = buildApp(jobs, served.names, options);
    const close = async (): Promise<void> => {
      await app.close();
      await callbacks.close();
      await pool.close();
      await journal.close();
      await unlock();
    };
    const url = await app.listen({ host: options.host, port: options.port }).catch(async (error: unknown) => {
      await close();
      throw error;
    });
    return {
      url,
      interrupted,
      failed: journal.failed,
      async stop(graceMs) {
        const stopped = await jobs.stop(graceMs);
        await close();
        return stopped;
      },
    };
  } catch (error) {
    await unlock();
    throw error;
  }
}
