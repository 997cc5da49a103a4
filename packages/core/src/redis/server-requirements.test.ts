import { describe, expect, it } from '@jest/globals';

import {
  readServerFacts,
  unacceptedServer,
  unknownOf,
  unsafeServer,
  unusableServer,
} from './server-requirements.js';

const info = (fields: Readonly<Record<string, string>>): string =>
  `# Server\r\n${Object.entries(fields)
    .map(([name, value]) => `${name}:${value}\r\n`)
    .join('')}`;
const GOOD = { redis_version: '7.0.15', maxmemory_policy: 'noeviction', aof_enabled: '1' };
const fields = (problems: readonly { readonly field?: string }[]): (string | undefined)[] =>
  problems.map(({ field }) => field);

describe('what a server must be', () => {
  it('is met by what infra/redis/redis.conf says', () => {
    const facts = readServerFacts(info(GOOD));
    expect(facts).toEqual({ version: '7.0.15', maxmemory_policy: 'noeviction', append_only: true });
    expect([...unsafeServer(facts), ...unusableServer(facts, { DURABILITY: 'REPLICA' })]).toEqual([]);
    expect(unknownOf(facts)).toEqual([]);
  });

  it.each([
    ['an evicting policy', { maxmemory_policy: 'allkeys-lru' }, ['maxmemory-policy']],
    ['one that evicts only what expires', { maxmemory_policy: 'volatile-ttl' }, ['maxmemory-policy']],
    ['no append-only file', { aof_enabled: '0' }, ['appendonly']],
    ['neither', { maxmemory_policy: 'allkeys-random', aof_enabled: '0' }, ['maxmemory-policy', 'appendonly']],
  ])('is not safe with %s', (_name, given, expected) => {
    expect(fields(unsafeServer(readServerFacts(info({ ...GOOD, ...given }))))).toEqual(expected);
  });

  it.each([
    ['6.2.14', 'NONE', ['redis_version']],
    ['7.0.0', 'NONE', []],
    ['7.0.15', 'LOCAL', ['DURABILITY']],
    ['7.2.0', 'LOCAL', []],
    ['8.0.1', 'LOCAL', []],
    ['10.0.0', 'LOCAL', []],
  ] as const)('%s is or is not usable with DURABILITY=%s', (redis_version, DURABILITY, expected) => {
    const facts = readServerFacts(info({ ...GOOD, redis_version }));
    expect(fields(unusableServer(facts, { DURABILITY }))).toEqual(expected);
  });

  it.each([
    ['NONE', false, ['maxmemory-policy', 'appendonly']],
    ['REPLICA', false, ['maxmemory-policy']],
    ['NONE', true, []],
  ] as const)(
    'is accepted with DURABILITY=%s, in development: %s, but for %j',
    (DURABILITY, dev, expected) => {
      const facts = readServerFacts(info({ ...GOOD, maxmemory_policy: 'allkeys-lru', aof_enabled: '0' }));
      expect(fields(unacceptedServer(facts, { DURABILITY }, dev))).toEqual(expected);
    },
  );

  it('cannot wait for a file that is not written', () => {
    const facts = readServerFacts(info({ ...GOOD, redis_version: '8.0.0', aof_enabled: '0' }));
    expect(fields(unusableServer(facts, { DURABILITY: 'LOCAL' }))).toEqual(['DURABILITY']);
  });

  it('is not known of a server that says nothing, and nothing is held against it', () => {
    expect(unsafeServer(readServerFacts(''))).toEqual([]);
    expect(unusableServer(readServerFacts(''), { DURABILITY: 'LOCAL' })).toEqual([]);
    expect(unknownOf(readServerFacts(''))).toEqual(['redis_version', 'maxmemory-policy', 'appendonly']);
  });
});
