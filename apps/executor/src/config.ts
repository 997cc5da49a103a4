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
  /** Where the modules' HTTP connections may go beyond the public Internet. */
  readonly httpAllow: readonly string[];
  /** The Redis in which the modules keep lookup caches. */
  readonly cacheRedisUrl: string;
}

/** Reads PHI_SOURCE_DIR, PHI_OUTPUT_DIR, PHI_HTTP_ALLOW (separated by commas) and PHI_CACHE_REDIS_URL. */
export function readExecutorConfig(environment: Environment, variables: Variables): ExecutorConfig {
  const dataDir = resolve(environment.dataDir);
  return {
    sourceDir: resolve(variables['PHI_SOURCE_DIR'] ?? `${dataDir}/source`),
    dataDir,
    outputDir: resolve(variables['PHI_OUTPUT_DIR'] ?? `${dataDir}/output`),
    workDir: `${dataDir}/work`,
    httpAllow: listOf(variables['PHI_HTTP_ALLOW']),
    cacheRedisUrl: variables['PHI_CACHE_REDIS_URL'] ?? environment.redisUrl,
  };
}

function listOf(text = ''): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
