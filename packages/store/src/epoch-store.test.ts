import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { findLoss, seenOf } from '@phi/core';

import { openFixture, type StoreFixture } from './testing/store-fixture.js';

describe('RedisEpochStore', () => {
  let fixture: StoreFixture;
  beforeEach(() => {
    fixture = openFixture('epoch');
  });
  afterEach(() => fixture.close());

  it('gives a data set one id, whoever asks first, and a mark that only grows, whatever the clock does', async () => {
    const { epochs } = fixture.stores;
    const first = await epochs.advance('one');
    expect(first).toMatchObject({ data_set: 'one', found: 0, takeovers: [{ mark: 0 }] });
    await fixture.setClockOffset(-3_600_000);
    const second = await epochs.advance('two');
    expect(second).toMatchObject({ data_set: 'one', found: first.mark, mark: first.mark + 1 });
    expect(second.takeovers).toEqual(first.takeovers);
  });

  it('keeps the mark that a server found which took over', async () => {
    const { epochs } = fixture.stores;
    const { mark, takeovers } = await epochs.advance('one');
    // As a replica has it that is promoted: the takeover of another server.
    await fixture.redis.hset(fixture.keys.key('epoch'), 'takeovers', packedServer('elsewhere'));
    const next = await epochs.advance('one');
    expect(next.takeovers).toEqual([
      { server: 'elsewhere', mark: 0 },
      { server: takeovers[0]?.server, mark },
    ]);
    expect(takeovers[0]?.server).toMatch(/^[0-9a-f]{40}$/);
  });

  it('lets everybody find what is missing, also after others have looked', async () => {
    const { epochs } = fixture.stores;
    // As a replica has it that had fallen behind: another server's epoch, and a lower mark than was seen there.
    const fallenBehind = { data_set: 'one', mark: '1000', takeovers: packedServer('elsewhere') };
    await fixture.redis.hset(fixture.keys.key('epoch'), fallenBehind);
    const seen = { data_set: 'one', mark: 3000, takeover: { server: 'elsewhere', mark: 0 } };
    await epochs.advance('one');
    const late = await epochs.advance('one');
    expect(findLoss(seen, late)).toMatchObject({
      kind: 'TAIL',
      kept_until: 1000,
      lost_until: 3000,
    });
    expect(findLoss(seenOf(late), await epochs.advance('one'))).toBeUndefined();
  });

  it('reports a loss once, as long as the longest that anybody knows of, until it is acknowledged', async () => {
    const { epochs } = fixture.stores;
    const loss = { loss_id: 'tail:a:1', kind: 'TAIL', kept_until: 1000, lost_until: 2000 } as const;
    expect(await Promise.all([epochs.report(loss, 'me'), epochs.report(loss, 'you')])).toEqual([true, false]);
    expect(await epochs.report({ ...loss, lost_until: 3000 }, 'you')).toBe(false);
    // Whose answer may have been lost.
    expect(await epochs.report(loss, 'me')).toBe(true);
    await epochs.report({ loss_id: 'all:x', kind: 'DATA_SET', kept_until: null, lost_until: 1 }, 'you');
    const found = [
      expect.objectContaining({ ...loss, lost_until: 3000, found_by: 'me' }),
      expect.objectContaining({ kind: 'DATA_SET', kept_until: null }),
    ];
    expect(await epochs.losses()).toEqual(found);
    expect(await epochs.acknowledge()).toEqual(found);
    expect(await epochs.losses()).toEqual([]);
    // By a process that looks late.
    expect(await epochs.report({ ...loss, lost_until: 4000 }, 'late')).toBe(false);
    expect(await epochs.report(loss, 'me')).toBe(false);
    expect([await epochs.losses(), await epochs.acknowledge()]).toEqual([[], []]);
  });
});

/** MessagePack of [{ server, mark: 0 }]. */
function packedServer(server: string): Buffer {
  const text = (value: string): Buffer => Buffer.from([0xa0 + value.length, ...Buffer.from(value)]);
  return Buffer.concat([
    Buffer.from([0x91, 0x82]),
    text('server'),
    text(server),
    text('mark'),
    Buffer.from([0]),
  ]);
}
