import { describe, expect, it } from '@jest/globals';

import { isOutOfMemory, isRedisAway, redisFailure } from './redis-failure.js';

const withCode = (code: string): Error => Object.assign(new Error('connect'), { code });
const named = (name: string): Error => Object.assign(new Error('no'), { name });

describe('redisFailure', () => {
  it.each([
    ['a refused connection', withCode('ECONNREFUSED')],
    ['a broken pipe', withCode('EPIPE')],
    ['a command given up', named('MaxRetriesPerRequestError')],
    ['a closed connection', new Error('Connection is closed.')],
    [
      'one that lies deeper',
      new Error('outer', { cause: new Error('middle', { cause: withCode('ETIMEDOUT') }) }),
    ],
  ])('tells that Redis is out of reach from %s', (_name, error) => {
    expect(redisFailure(error)).toBe('Redis is out of reach.');
  });

  it.each([
    ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
    ['LOADING Redis is loading the dataset in memory', 'LOADING'],
    ["READONLY You can't write against a read only replica.", 'READONLY'],
    ['MISCONF Redis is configured to save RDB snapshots', 'MISCONF'],
  ])('tells that Redis does not serve from %s', (message, word) => {
    expect(redisFailure(new Error(message))).toBe(`Redis does not serve now (${word}).`);
  });

  it.each([
    ['a fault of ours', new TypeError('x is not a function')],
    ['a script that failed', new Error('ERR user_script:1: attempt to index a nil value')],
    ['a wrong type', new Error('WRONGTYPE Operation against a key holding the wrong kind of value')],
    ['a text', 'LOADING'],
    ['nothing', undefined],
  ])('says nothing for %s', (_name, error) => {
    expect(redisFailure(error)).toBeUndefined();
  });

  it('knows a Redis without memory, however deep it says so', () => {
    const error = new Error("OOM command not allowed when used memory > 'maxmemory'.");
    expect(isOutOfMemory(new Error('outer', { cause: error }))).toBe(true);
    expect(isOutOfMemory(new Error('LOADING'))).toBe(false);
    expect(isOutOfMemory(undefined)).toBe(false);
  });

  it.each([
    ['a command given up', named('MaxRetriesPerRequestError'), true],
    ['a closed connection, deeper', new Error('outer', { cause: new Error('Connection is closed.') }), true],
    ['a replica', new Error("READONLY You can't write against a read only replica."), true],
    ['a server that reads its data', new Error('LOADING Redis is loading the dataset in memory'), true],
    ['a refused connection, to whatever', withCode('ECONNREFUSED'), false],
    ['a Redis without memory', new Error("OOM command not allowed when used memory > 'maxmemory'."), false],
    ['a fault of ours', new TypeError('x is not a function'), false],
  ])('knows from %s whether Redis is away', (_name, error, away) => {
    expect(isRedisAway(error)).toBe(away);
  });

  it('ends with causes that go in a circle', () => {
    const error = new Error('round');
    error.cause = error;
    expect(redisFailure(error)).toBeUndefined();
  });
});
