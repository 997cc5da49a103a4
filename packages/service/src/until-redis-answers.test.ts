import { PhiError } from '@phi/core';
import { describe, expect, it } from '@jest/globals';

import { untilRedisAnswers } from './open-services.js';

/** Fails once, and answers then. */
function failingWith(error: Error): () => Promise<string> {
  let called = 0;
  return () => (called++ === 0 ? Promise.reject(error) : Promise.resolve('answered'));
}

describe('a call of the start of a service', () => {
  it.each([
    new Error('Connection is closed.'),
    new Error('LOADING Redis is loading the dataset in memory'),
    Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' }),
    new Error('not looked', { cause: new Error('Command timed out') }),
  ])('is repeated where Redis is away: $message', async (error) => {
    expect(await untilRedisAnswers(failingWith(error))).toBe('answered');
  });

  it.each([
    new TypeError("Cannot read properties of undefined (reading 'status')"),
    new Error('WRONGPASS invalid username-password pair or user is disabled.'),
    new PhiError('STATE_002_QUEUE_STATE_CORRUPT', 'a record cannot be read', { operation: 'test' }),
  ])('throws on what no waiting mends: $message', async (error) => {
    await expect(untilRedisAnswers(failingWith(error))).rejects.toBe(error);
  });
});
