import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import type { Environment, Variables } from '@phi/service';

/** What only an executor reads from its environment; every directory absolute. */
export interface ExecutorConfig {
  /** Where modules may read sources from. */
  readonly sourceDir: string;
  /** Where batches pass from job to job, below `batches`; every executor must see the same. */
  readonly dataDir: string;
  /** Where output modules may write. */
  readonly outputDir: string;
  /** Scratch space of attempts, this machine's own. */
  readonly workDir: string;
  /** Handlers: module name to the URL of the ES module that exports it. */
  readonly handlers: Readonly<Record<string, string>>;
}

const HANDLER = /^([A-Za-z][A-Za-z0-9_-]*)=(.+)$/;

/**
 * Reads PHI_SOURCE_DIR, PHI_OUTPUT_DIR and PHI_HANDLERS (`NAME=path`, separated by commas).
 *
 * @throws Error naming the handler that cannot be read
 */
export function readExecutorConfig(environment: Environment, variables: Variables): ExecutorConfig {
  const dataDir = resolve(environment.dataDir);
  const handlers = (variables['PHI_HANDLERS'] ?? '').split(',').filter((entry) => entry.trim() !== '');
  return {
    sourceDir: resolve(variables['PHI_SOURCE_DIR'] ?? `${dataDir}/source`),
    dataDir,
    outputDir: resolve(variables['PHI_OUTPUT_DIR'] ?? `${dataDir}/output`),
    workDir: `${dataDir}/work`,
    handlers: Object.fromEntries(handlers.map(readHandler)),
  };
}

function readHandler(entry: string): [string, string] {
  const [, name, path] = HANDLER.exec(entry.trim()) ?? [];
  if (name === undefined || path === undefined) {
    throw new Error(`PHI_HANDLERS: "${entry}" is not a handler; accepted: NAME=path, separated by commas`);
  }
  return [name, pathToFileURL(resolve(path)).href];
}
