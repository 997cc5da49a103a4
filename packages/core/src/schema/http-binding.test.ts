import { describe, expect, it } from '@jest/globals';

import { httpBindingSchema } from './http-binding.js';

const remote = { kind: 'http', url: 'https://remote.example/api' } as const;
const fields = (binding: object): string[] =>
  httpBindingSchema.safeParse({ ...remote, ...binding }).error?.issues.map(({ path }) => path.join('.')) ??
  [];

describe('a binding of kind http', () => {
  it('needs an address, and takes all the rest', () => {
    expect(fields({})).toEqual([]);
    const headers = { Authorization: { secret: 'TOKEN' }, 'x-team': 'data' };
    expect(fields({ headers, request: 'OUTPUT', callback: true, poll_interval_seconds: 0.5 })).toEqual([]);
  });

  it.each([
    [{ url: 'ftp://remote.example' }, 'url'],
    [{ url: 'remote.example' }, 'url'],
    [{ headers: { 'Idempotency-Key': 'mine' } }, 'headers.Idempotency-Key'],
    [{ headers: { 'phi-fence': '1' } }, 'headers.phi-fence'],
    [{ headers: { 'a b': 'c' } }, 'headers.a b'],
    [{ headers: { a: 'b\r\nc: d' } }, 'headers.a'],
    [{ headers: { a: { env: 'TOKEN' } } }, 'headers.a'],
    [{ request: 'CACHE' }, 'request'],
    [{ poll_interval_seconds: 0 }, 'poll_interval_seconds'],
    [{ unreachable_seconds: -1 }, 'unreachable_seconds'],
    [{ timeout: 3 }, ''],
  ])('refuses %j', (binding, field) => {
    expect(fields(binding)).toEqual([field]);
  });
});
