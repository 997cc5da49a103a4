import { DEFAULT_CONFIG } from '@phi/core';
import { describe, expect, it } from '@jest/globals';

import { readEnvironment, type Variables } from './environment.js';

function fieldsOf(variables: Variables): string[] {
  const result = readEnvironment(variables);
  return result.ok ? [] : result.problems.map(({ field }) => field ?? '').sort();
}

describe('readEnvironment', () => {
  it('needs nothing', () => {
    expect(readEnvironment({})).toEqual({
      ok: true,
      environment: {
        redisUrl: 'redis://127.0.0.1:6379',
        namespace: 'default',
        dataDir: '.phi',
        logLevel: 'info',
        config: DEFAULT_CONFIG,
      },
    });
  });

  it('takes what is given', () => {
    const result = readEnvironment({
      REDIS_URL: 'rediss://user:secret@host:6380/2',
      PHI_NAMESPACE: 'team-a.prod_1',
      PHI_DATA_DIR: '/data',
      PHI_LOG_LEVEL: 'debug',
      EXECUTOR_PARALLELISM: '7',
      UNRELATED: 'left alone',
    });
    expect(result).toEqual({
      ok: true,
      environment: {
        redisUrl: 'rediss://user:secret@host:6380/2',
        namespace: 'team-a.prod_1',
        dataDir: '/data',
        logLevel: 'debug',
        config: { ...DEFAULT_CONFIG, EXECUTOR_PARALLELISM: 7 },
      },
    });
  });

  it('names every wrong variable at once, each with a reason and what would be accepted', () => {
    const wrong = {
      REDIS_URL: 'http://localhost',
      PHI_NAMESPACE: 'no spaces',
      PHI_LOG_LEVEL: 'loud',
      EXECUTOR_PARALLELISM: '0',
      SCHEDULER_ENABLED: 'maybe',
      RETRY_DEFAULT_BACKOFF_MULTIPLIER: '11',
    };
    expect(fieldsOf(wrong)).toEqual(Object.keys(wrong).sort());
    const result = readEnvironment(wrong);
    for (const problem of result.ok ? [] : result.problems) {
      expect(problem.reason).not.toBe('');
      expect(problem.accepted).not.toBe('');
    }
  });

  it('says what contradicts another variable beside what is wrong by itself', () => {
    const wrong = {
      PHI_LOG_LEVEL: 'loud',
      RETRY_DEFAULT_INITIAL_DELAY_SECONDS: '3600',
      RETRY_DEFAULT_MAX_DELAY_SECONDS: '60',
    };
    expect(fieldsOf(wrong)).toEqual(['PHI_LOG_LEVEL', 'RETRY_DEFAULT_MAX_DELAY_SECONDS']);
  });

  it('does not show the password of a wrong REDIS_URL', () => {
    expect(JSON.stringify(readEnvironment({ REDIS_URL: 'http://user:secret@host' }))).not.toContain('secret');
  });

  it.each(['', '-begins-wrong', 'a/b', 'a{b}', 'x'.repeat(65)])(
    'refuses the namespace "%s"',
    (PHI_NAMESPACE) => {
      expect(fieldsOf({ PHI_NAMESPACE })).toEqual(['PHI_NAMESPACE']);
    },
  );

  it.each(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])(
    'knows the level %s',
    (PHI_LOG_LEVEL) => {
      expect(fieldsOf({ PHI_LOG_LEVEL })).toEqual([]);
    },
  );
});
