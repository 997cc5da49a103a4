import { describe, expect, it } from '@jest/globals';

import { findLoss, seenOf, type Epoch } from './data-loss.js';

const A = { server: 'a', mark: 0 };
const before: Epoch = { data_set: 'one', mark: 5000, found: 4000, takeovers: [A] };
const seen = seenOf(before);

describe('findLoss', () => {
  it('finds nothing while the mark grows, on one server or after one that kept everything', () => {
    const next = { ...before, mark: 6000, found: 5400 };
    expect(findLoss(seen, next)).toBeUndefined();
    const takeovers = [A, { server: 'b', mark: 5400 }];
    expect(findLoss(seen, { ...next, takeovers })).toBeUndefined();
  });

  it('finds that a server took over at a lower mark, also when others have looked since', () => {
    const takeovers = [A, { server: 'b', mark: 3000 }];
    const loss = { loss_id: 'tail:b:3000', kind: 'TAIL', kept_until: 3000, lost_until: 5000 };
    expect(findLoss(seen, { ...before, mark: 3001, found: 3000, takeovers })).toEqual(loss);
    expect(findLoss(seen, { ...before, mark: 90_000, found: 89_000, takeovers })).toEqual(loss);
  });

  it('finds it behind a later takeover that lost nothing, and on the server that was known', () => {
    const later = [A, { server: 'b', mark: 3000 }, { server: 'a', mark: 9000 }];
    expect(findLoss(seen, { ...before, mark: 9500, found: 9400, takeovers: later })?.kept_until).toBe(3000);
  });

  it('does not find it again once it was seen', () => {
    const now = { ...before, mark: 9000, found: 8000, takeovers: [A, { server: 'b', mark: 3000 }] };
    expect(findLoss(seenOf(now), { ...now, mark: 9500, found: 9200 })).toBeUndefined();
  });

  it('finds it where servers cannot be told apart, if it is the first to look', () => {
    const nameless = { ...before, takeovers: [{ server: '', mark: 0 }] };
    const first = { ...nameless, mark: 90_000, found: 3000 };
    expect(findLoss(seenOf(nameless), first)?.kept_until).toBe(3000);
  });

  it('looks at all takeovers where the one it knows is gone', () => {
    const takeovers = [{ server: 'x', mark: 1 }];
    expect(findLoss(seen, { ...before, mark: 9000, found: 8000, takeovers })).toMatchObject({
      kept_until: 1,
    });
  });

  it('finds that everything is gone', () => {
    expect(findLoss(seen, { data_set: 'two', mark: 9000, found: 0, takeovers: [A] })).toEqual({
      loss_id: 'all:one',
      kind: 'DATA_SET',
      kept_until: null,
      lost_until: 5000,
    });
  });
});
