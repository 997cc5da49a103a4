import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openFixture, type StoreFixture } from './testing/store-fixture.js';

const SOURCE = 'file:in/{a}/*.csv';

describe('RedisArrivalStore', () => {
  let fixture: StoreFixture;

  beforeEach(() => {
    fixture = openFixture('arrivals');
  });
  afterEach(() => fixture.close());

  it('keeps the version of each file, by source', async () => {
    const { arrivals } = fixture.stores;
    await arrivals.record(
      SOURCE,
      new Map([
        ['in/a', '1'],
        ['in/b', '1'],
        ['__proto__', '1'],
      ]),
    );
    await arrivals.record(SOURCE, new Map([['in/a', '2']]));
    await arrivals.record('file:out/', new Map([['out/a', '9']]));
    expect(await arrivals.all(SOURCE)).toEqual(
      new Map([
        ['in/a', '2'],
        ['in/b', '1'],
        ['__proto__', '1'],
      ]),
    );
    expect(await arrivals.versions(SOURCE, ['in/b', 'in/c', '__proto__'])).toEqual(
      new Map([
        ['in/b', '1'],
        ['__proto__', '1'],
      ]),
    );
    expect([...(await arrivals.sources())].sort()).toEqual(['file:in/{a}/*.csv', 'file:out/']);
  });

  it('forgets files and sources', async () => {
    const { arrivals } = fixture.stores;
    const many = Array.from({ length: 2500 }, (_, index) => `in/${String(index)}`);
    await arrivals.record(SOURCE, new Map(many.map((path) => [path, '1'])));
    await arrivals.record('file:out/', new Map([['out/a', '9']]));
    await arrivals.forget(SOURCE, many.slice(1));
    expect(await arrivals.all(SOURCE)).toEqual(new Map([['in/0', '1']]));
    await arrivals.forgetSource(SOURCE);
    expect(await arrivals.all(SOURCE)).toEqual(new Map());
    expect(await arrivals.sources()).toEqual(['file:out/']);
  });

  it('has nothing to say of nothing', async () => {
    const { arrivals } = fixture.stores;
    await arrivals.record(SOURCE, new Map());
    await arrivals.forget(SOURCE, []);
    expect(await arrivals.versions(SOURCE, [])).toEqual(new Map());
    expect(await arrivals.sources()).toEqual([]);
  });
});
