import type { Redrive } from '@phi/core';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openFixture, type StoreFixture } from './testing/store-fixture.js';

describe('RedisRedriveStore', () => {
  let fixture: StoreFixture;

  beforeEach(() => {
    fixture = openFixture('redrives');
  });
  afterEach(() => fixture.close());

  const redriveOf = (redrive_id: string, more: Partial<Redrive> = {}): Redrive => ({
    redrive_id,
    revision: 1,
    state: 'PROBING',
    selector: { fingerprint: 'f' },
    batch_size: 1,
    stop_after_failures: 1,
    actor: 'ada',
    created_time: Date.now(),
    changed_time: Date.now(),
    completed: 0,
    failed: 0,
    cancelled: 0,
    skipped: 0,
    current: [],
    failures: [],
    ...more,
  });

  it('keeps of two changes of the same revision one: a redrive that was cancelled is not carried on', async () => {
    const { redrives } = fixture.stores;
    expect(await redrives.create(redriveOf('r'))).toBe('CREATED');
    const words = await Promise.all([
      redrives.save(redriveOf('r', { revision: 2, state: 'CANCELLED' })),
      redrives.save(redriveOf('r', { revision: 2, state: 'RELEASING' })),
    ]);
    expect(words).toEqual(['SAVED', 'STALE']);
    expect(await redrives.get('r')).toMatchObject({ state: 'CANCELLED', revision: 2 });
    expect(await redrives.open()).toEqual([]);
  });

  it('has one that is open for a selection, and leaves one that is there as it is', async () => {
    const { redrives } = fixture.stores;
    await redrives.create(redriveOf('r'));
    expect(await redrives.create(redriveOf('s'))).toEqual({ busy: 'r' });
    expect(await redrives.create(redriveOf('r', { actor: 'grace' }))).toEqual({ busy: 'r' });
    expect(await redrives.get('r')).toMatchObject({ actor: 'ada' });
    expect(await redrives.create(redriveOf('t', { selector: { job_id: 'f' } }))).toBe('CREATED');
    await redrives.save(redriveOf('r', { revision: 2, state: 'DONE' }));
    expect(await redrives.create(redriveOf('s'))).toBe('CREATED');
    expect((await redrives.list({ limit: 10 })).items).toHaveLength(3);
  });
});
