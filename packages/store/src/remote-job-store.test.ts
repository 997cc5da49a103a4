import type { RemoteJob, RemoteOrphan } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { listenForCallbacks } from './callback-channel.js';
import { openFixture, type StoreFixture } from './testing/store-fixture.js';

const job = (generation: number, more: Partial<RemoteJob> = {}): RemoteJob => ({
  chain_id: 'c',
  stage: 'ALPHA',
  generation,
  execution_id: 'e',
  key: `c/ALPHA/${String(generation)}`,
  url: 'https://alpha.example',
  ...more,
});

const orphan = (generation: number): RemoteOrphan => ({
  ...job(generation),
  since: 1,
  found: 2,
  tries: 3,
  next_try: 4,
  problem: 'no answer',
});

describe('remote jobs', () => {
  let fixture: StoreFixture;

  beforeEach(() => {
    fixture = openFixture('remote-jobs');
  });
  afterEach(() => fixture.close());

  it('keep the time they were first recorded at when their reference becomes known', async () => {
    const { remoteJobs } = fixture.stores;
    await remoteJobs.record(job(1));
    const [first] = await remoteJobs.ofChain('c', ['ALPHA']);
    await fixture.setClockOffset(60_000);
    await remoteJobs.record(job(1, { ref: 'r-1' }));
    expect(await remoteJobs.ofChain('c', ['ALPHA', 'BETA'])).toEqual([{ ...first, ref: 'r-1' }]);
    await remoteJobs.record(job(2));
    const [second] = await remoteJobs.ofChain('c', ['ALPHA']);
    expect(second).toMatchObject({ generation: 2, key: 'c/ALPHA/2' });
    expect(second?.since).toBeGreaterThanOrEqual((first?.since ?? 0) + 60_000);
  });

  it('are neither replaced nor forgotten by whoever knows of an earlier generation', async () => {
    const { remoteJobs } = fixture.stores;
    await remoteJobs.record(job(2));
    await remoteJobs.record(job(1));
    await remoteJobs.forget(job(1));
    expect(await remoteJobs.ofChain('c', ['ALPHA'])).toMatchObject([{ generation: 2 }]);
    await remoteJobs.forget(job(2));
    expect(await remoteJobs.ofChain('c', ['ALPHA'])).toEqual([]);
  });

  it('are listed page by page, each once', async () => {
    const { remoteJobs } = fixture.stores;
    const chains = Array.from({ length: 1500 }, (_, index) => `c-${String(index)}`);
    await Promise.all(chains.map((chain_id) => remoteJobs.record(job(1, { chain_id }))));
    const found = new Set<string>();
    let cursor: string | undefined;
    let pages = 0;
    do {
      const page = await remoteJobs.list(cursor);
      for (const { chain_id } of page.items) found.add(chain_id);
      cursor = page.next_cursor;
      pages += 1;
    } while (cursor !== undefined);
    expect(found).toEqual(new Set(chains));
    expect(pages).toBeGreaterThan(1);
  });

  it('are orphans only as long as they are recorded', async () => {
    const { remoteJobs } = fixture.stores;
    await remoteJobs.noteOrphan(orphan(1));
    expect(await remoteJobs.countOrphans()).toBe(0);
    await remoteJobs.record(job(1));
    await remoteJobs.noteOrphan(orphan(1));
    expect(await remoteJobs.orphans()).toEqual([orphan(1)]);
    await remoteJobs.forget(job(1));
    expect(await remoteJobs.orphans()).toEqual([]);
  });

  it('wake whoever listens', async () => {
    const heard = new Promise<[string, string]>((resolve) => {
      void listenForCallbacks(fixture.redis, fixture.namespace, (...of) => resolve(of)).then((listening) => {
        stop = listening.stop;
        return fixture.stores.remoteJobs.wake('e', 'ALPHA');
      });
    });
    let stop = (): void => undefined;
    expect(await heard).toEqual(['e', 'ALPHA']);
    stop();
  });
});
