import { describe, expect, it } from '@jest/globals';

import { DEFAULT_CONFIG } from '../config/index.js';
import { resolveRetryPolicy } from '../definition/resolve-retry-policy.js';
import { policyForError } from './policy-for-error.js';

const policy = resolveRetryPolicy(
  {
    max_attempts: 3,
    initial_delay_seconds: 60,
    max_delay_seconds: 600,
    by_error: {
      RATE_LIMITED: { max_attempts: 10, initial_delay_seconds: 900, jitter_mode: 'NONE' },
      TIMEOUT: { max_attempts: 1 },
      QUEUE_TIMEOUT: { max_attempts: 2 },
      EXEC_011_TIMEOUT: { max_attempts: 4, max_delay_seconds: 30 },
    },
  },
  DEFAULT_CONFIG,
  undefined,
);

describe('policyForError', () => {
  it('keeps the policy of the job for what has none of its own', () => {
    expect(policyForError(policy, 'EXEC_018_CONNECTION_FAILED')).toBe(policy);
  });

  it('puts what differs over it, and fits the delay that is not written', () => {
    expect(policyForError(policy, 'EXEC_019_RATE_LIMITED')).toEqual({
      ...policy,
      max_attempts: 10,
      initial_delay_seconds: 900,
      max_delay_seconds: 900,
      jitter_mode: 'NONE',
    });
  });

  it.each([
    ['EXEC_011_TIMEOUT', { max_attempts: 4, initial_delay_seconds: 30, max_delay_seconds: 30 }],
    ['EXEC_021_QUEUE_TIMEOUT', { max_attempts: 2 }],
    ['MINE_001_TIMEOUT', { max_attempts: 1 }],
  ])('takes the whole code before a name, and the longer name before the shorter: %s', (code, expected) => {
    expect(policyForError(policy, code)).toMatchObject(expected);
  });
});
