import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { openFixture, type StoreFixture } from './testing/store-fixture.js';

/** What a trimmed stream may hold beyond its bound: Redis cuts whole nodes. */
const NODE = 100;

describe('logs', () => {
  let fixture: StoreFixture;

  beforeEach(() => {
    fixture = openFixture('logs');
  });
  afterEach(() => fixture.close());

  const numbered = (from: number, count: number) =>
    Array.from({ length: count }, (_, n) => ({ stream: 'stdout', text: String(from + n) }));

  it('keep the last 2,000 lines or a few more of each execution', async () => {
    const { logs } = fixture.stores;
    for (let at = 0; at < 10_000; at += 500) await logs.append('x', numbered(at, 500));
    await logs.append('y', numbered(0, 3));
    const kept = await logs.read('x', undefined, 100_000);
    expect(kept.length).toBeGreaterThanOrEqual(2000);
    expect(kept.length).toBeLessThanOrEqual(2000 + NODE);
    expect(kept.map(({ text }) => Number(text))).toEqual(kept.map((_, n) => 10_000 - kept.length + n));
    expect(await logs.read('y', undefined, 100)).toHaveLength(3);
  });

  it('keep 4,096 characters of a line, and their stream', async () => {
    await fixture.stores.logs.append('x', [{ stream: 'stderr', text: 'ä'.repeat(10_000) }]);
    expect(await fixture.stores.logs.read('x', undefined, 10)).toMatchObject([
      { stream: 'stderr', text: 'ä'.repeat(4096) },
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
    const left = await fixture.redis.ttl(fixture.keys.key('logs:x'));
    expect(left).toBeGreaterThan(6 * 24 * 3600);
    expect(left).toBeLessThanOrEqual(7 * 24 * 3600);
  });
});
