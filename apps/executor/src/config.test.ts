import type { Environment } from '@phi/service';
import { DEFAULT_CONFIG } from '@phi/core';
import { describe, expect, it } from '@jest/globals';

import { readExecutorConfig } from './config.js';

const environment: Environment = {
  redisUrl: 'redis://127.0.0.1',
  namespace: 'default',
  dataDir: '/data',
  logLevel: 'info',
  config: DEFAULT_CONFIG,
};

describe('readExecutorConfig', () => {
  it('keeps everything under the data directory unless told otherwise', () => {
    expect(readExecutorConfig(environment, {})).toEqual({
      sourceDir: '/data/source',
      dataDir: '/data',
      outputDir: '/data/output',
      workDir: '/data/work',
      httpAllow: [],
      cacheRedisUrl: 'redis://127.0.0.1',
    });
    expect(readExecutorConfig(environment, { PHI_SOURCE_DIR: '/in', PHI_OUTPUT_DIR: '/out' })).toMatchObject({
      sourceDir: '/in',
      outputDir: '/out',
    });
  });

  it('reads where HTTP connections may go', () => {
    const { httpAllow } = readExecutorConfig(environment, {
      PHI_HTTP_ALLOW: 'api.internal:8080, 10.0.0.0/8,',
    });
    expect(httpAllow).toEqual(['api.internal:8080', '10.0.0.0/8']);
  });

  it('makes every directory absolute', () => {
    const config = readExecutorConfig({ ...environment, dataDir: '.phi' }, { PHI_SOURCE_DIR: 'in' });
    for (const path of [config.sourceDir, config.dataDir, config.outputDir, config.workDir])
      expect(path.startsWith(process.cwd())).toBe(true);
  });

  it('keeps caches in a Redis of their own when told so', () => {
    const { cacheRedisUrl } = readExecutorConfig(environment, { PHI_CACHE_REDIS_URL: 'redis://cache' });
    expect(cacheRedisUrl).toBe('redis://cache');
  });

  it('reads where HTTP connections may go', () => {
    const { httpAllow } = readExecutorConfig(environment, {
      PHI_HTTP_ALLOW: 'api.internal:8080, 10.0.0.0/8,',
    });
    expect(httpAllow).toEqual(['api.internal:8080', '10.0.0.0/8']);
  });
});
