import { resolve } from 'node:path';

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
}

/** Reads PHI_SOURCE_DIR and PHI_OUTPUT_DIR. */
export function readExecutorConfig(environment: Environment, variables: Variables): ExecutorConfig {
  const dataDir = resolve(environment.dataDir);
  return {
    sourceDir: resolve(variables['PHI_SOURCE_DIR'] ?? `${dataDir}/source`),
    dataDir,
    outputDir: resolve(variables['PHI_OUTPUT_DIR'] ?? `${dataDir}/output`),
    workDir: `${dataDir}/work`,
  };
}
