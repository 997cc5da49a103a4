import { mkdir, statfs } from 'node:fs/promises';
import { availableParallelism, totalmem } from 'node:os';

import type { Amounts, PhiConfig } from '@phi/core';

const MEGABYTE = 1024 * 1024;

/**
 * What an executor has for the requests of what it runs: as configured, or else what its machine has. Several executors on one
 * machine must be told what each may use.
 *
 * @param workDir - on the disk that counts
 */
export async function hostResources(config: PhiConfig, workDir: string): Promise<Amounts> {
  return {
    cpu_cores: config.EXECUTOR_CPU_CORES ?? availableParallelism(),
    memory_mb: config.EXECUTOR_MEMORY_MB ?? Math.floor(totalmem() / MEGABYTE),
    disk_mb: config.EXECUTOR_DISK_MB ?? (await freeMegabytes(workDir)),
    network_bandwidth_mbps: config.EXECUTOR_NETWORK_BANDWIDTH_MBPS,
  };
}

async function freeMegabytes(directory: string): Promise<number> {
  await mkdir(directory, { recursive: true });
  const { bavail, bsize } = await statfs(directory);
  return Math.floor((bavail * bsize) / MEGABYTE);
}
