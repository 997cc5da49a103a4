import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { openFixture, type StoreFixture } from './testing/store-fixture.js';

describe('logs', () => {
  let fixture: StoreFixture;

  beforeEach(() => {
    fixture = openFixture('logs');
  });
  afterEach(() => fixture.close());

  const numbered = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({
      number: from + n + 1,
      stream: 'stdout',
      text: String(from + n),
    }));

  it('keep the last 2,000 lines of each execution, with their numbers', async () => {
    const { logs } = fixture.stores;
    for (let at = 0; at < 5000; at += 700) await logs.append('x', numbered(at, Math.min(700, 5000 - at)));
    await logs.append('y', numbered(0, 3));
    const kept = await logs.read('x', undefined, 100_000);
    expect(kept.map(({ number, text }) => [number, text])).toEqual(
      numbered(3000, 2000).map(({ number, text }) => [number, text]),
    );
    expect(await logs.read('y', undefined, 100)).toHaveLength(3);
  });

  it('keep 1 MiB of each execution, whatever its lines are made of', async () => {
    const { logs } = fixture.stores;
    const text = 'ä'.repeat(4000);
    const lines = Array.from({ length: 400 }, (_, n) => ({ number: n + 1, stream: 'stdout', text }));
    await logs.append('x', lines);
    const whole = Math.floor((1024 * 1024) / 8000);
    const kept = await logs.read('x', undefined, 1000);
    expect(kept.map(({ number }) => number)).toEqual(
      Array.from({ length: whole }, (_, n) => 401 - whole + n),
    );
    expect(Number(await fixture.redis.get(fixture.keys.key('log_bytes:x')))).toBe(whole * 8000);
  });

  it('keep 4,096 characters of a line, with how many it had beyond, and their stream', async () => {
    await fixture.stores.logs.append('x', [{ number: 1, stream: 'stderr', text: 'ä'.repeat(10_000) }]);
    expect(await fixture.stores.logs.read('x', undefined, 10)).toMatchObject([
      { number: 1, stream: 'stderr', text: `${'ä'.repeat(4096)} … and 5904 more characters` },
    ]);
  });

  it('are read on from any line, each line once, whatever the pages', async () => {
    const { logs } = fixture.stores;
    await logs.append('x', numbered(0, 97));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 120 }), async (limit) => {
        const texts: string[] = [];
        for (let after: string | undefined; ;) {
          const lines = await logs.read('x', after, limit);
          expect(lines.length).toBeLessThanOrEqual(limit);
          if (lines.length === 0) break;
          texts.push(...lines.map(({ text }) => text));
          after = lines.at(-1)?.id;
        }
        expect(texts).toEqual(numbered(0, 97).map(({ text }) => text));
      }),
      { numRuns: 20 },
    );
  });

  it('do not outlive their time', async () => {
    await fixture.stores.logs.append('x', numbered(0, 1));
    for (const key of ['logs:x', 'log_bytes:x']) {
      const left = await fixture.redis.ttl(fixture.keys.key(key));
      expect(left).toBeGreaterThan(6 * 24 * 3600);
      expect(left).toBeLessThanOrEqual(7 * 24 * 3600);
    }
  });
});
