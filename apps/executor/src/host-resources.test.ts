import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir, totalmem } from 'node:os';
import path from 'node:path';

import { DEFAULT_CONFIG } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { hostResources } from './host-resources.js';

describe('hostResources', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'phi-host-'));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it('is what the machine has where nothing is configured', async () => {
    const work = path.join(directory, 'not', 'there');
    const found = await hostResources(DEFAULT_CONFIG, work);
    expect(found).toEqual({
      cpu_cores: availableParallelism(),
      memory_mb: Math.floor(totalmem() / 1024 / 1024),
      disk_mb: expect.any(Number),
      network_bandwidth_mbps: null,
    });
    expect(found.disk_mb).toBeGreaterThan(0);
    expect(existsSync(work)).toBe(true);
  });

  it('is what is configured, nothing included', async () => {
    const config = {
      ...DEFAULT_CONFIG,
      EXECUTOR_CPU_CORES: 0.5,
      EXECUTOR_MEMORY_MB: 0,
      EXECUTOR_DISK_MB: 10,
      EXECUTOR_NETWORK_BANDWIDTH_MBPS: 100,
    };
    expect(await hostResources(config, directory)).toEqual({
      cpu_cores: 0.5,
      memory_mb: 0,
      disk_mb: 10,
      network_bandwidth_mbps: 100,
    });
  });
});
