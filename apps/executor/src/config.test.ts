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
      handlers: {},
    });
    expect(readExecutorConfig(environment, { PHI_SOURCE_DIR: '/in', PHI_OUTPUT_DIR: '/out' })).toMatchObject({
      sourceDir: '/in',
      outputDir: '/out',
    });
  });

  it('makes every directory absolute', () => {
    const config = readExecutorConfig({ ...environment, dataDir: '.phi' }, { PHI_SOURCE_DIR: 'in' });
    for (const path of [config.sourceDir, config.dataDir, config.outputDir, config.workDir])
      expect(path.startsWith(process.cwd())).toBe(true);
  });

  it('reads handlers, with spaces and equals signs in their paths', () => {
    const { handlers } = readExecutorConfig(environment, {
      PHI_HANDLERS: 'MINE=/h/a b.js, my-other_1=/h/x=y.js,',
    });
    expect(handlers).toEqual({ MINE: 'file:///h/a%20b.js', 'my-other_1': 'file:///h/x=y.js' });
  });

  it.each(['/no/name.js', '=x', 'NAME=', '1X=/h.js'])(
    'names the handler "%s" that it cannot read',
    (entry) => {
      expect(() => readExecutorConfig(environment, { PHI_HANDLERS: `OK=/h.js,${entry}` })).toThrow(entry);
    },
  );
});
