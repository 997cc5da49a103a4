import { describe, expect, it } from '@jest/globals';
import type { ModuleBinding } from '@phi/core';
import { httpSettings } from './http-settings.js';
import { callbackProblems, headerProblems } from './remote-module-problems.js';

const remote = { kind: 'http', url: 'https://remote.example' } as const;
const bindings: Record<string, ModuleBinding> = {
  ALPHA: { kind: 'builtin', module: 'ALPHA' },
  QUIET: remote,
  SECRET: { ...remote, headers: { authorization: { secret: 'TOKEN' } } },
  CALLING: { ...remote, callback: true },
};

describe('what a process cannot drive of its remote modules', () => {
  it('is a header whose secret is not there', () => {
    expect(headerProblems(bindings, new Map())).toEqual([
      expect.objectContaining({
        field: 'modules.SECRET.headers',
        reason: expect.stringContaining('PHI_SECRET_TOKEN'),
      }),
    ]);
    expect(headerProblems(bindings, new Map([['TOKEN', 'sesame']]))).toEqual([]);
  });

  it('is a callback to nowhere', () => {
    expect(callbackProblems(bindings, undefined)).toEqual([
      expect.objectContaining({ field: 'modules.CALLING.callback' }),
    ]);
    expect(callbackProblems(bindings, { url: 'https://phi.example', secret: 's' })).toEqual([]);
  });
});

describe('httpSettings', () => {
  it.each([
    ['ALPHA', 'INGESTION'],
    ['BETA', 'TRANSFORMATION'],
    ['GAMMA', 'OUTPUT'],
    ['MINE', 'GENERIC'],
  ])('asks %s for %s unless the binding says otherwise', (name, request) => {
    expect(httpSettings(remote, name, new Map()).request).toBe(request);
    expect(httpSettings({ ...remote, request: 'GENERIC' }, name, new Map()).request).toBe('GENERIC');
  });

  it('never has a longest pause shorter than the first', () => {
    const settings = httpSettings({ ...remote, poll_interval_seconds: 60 }, 'MINE', new Map());
    expect(settings).toMatchObject({ pollIntervalMs: 60_000, pollIntervalMaxMs: 60_000 });
  });
});
