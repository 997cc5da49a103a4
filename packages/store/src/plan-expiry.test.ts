import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import {
  createRoot,
  openFixture,
  planEdge,
  planJob,
  planOf,
  type StoreFixture,
} from './testing/store-fixture.js';

describe('a plan', () => {
  let fixture: StoreFixture;

  beforeEach(async () => {
    fixture = openFixture('plan');
    await fixture.stores.executions.savePlan(planOf('plan', [planJob('a'), planJob('b', [planEdge('a')])]));
  });
  afterEach(() => fixture.close());

  it('outlives its last use: a run that starts late in its time finds it to its own end', async () => {
    const key = fixture.keys.key('plan:plan');
    const whole = await fixture.redis.ttl(key);
    await fixture.redis.expire(key, 60);
    await createRoot(fixture, 'plan', 'a');
    expect(await fixture.redis.ttl(key)).toBeGreaterThan(whole - 60);
  });
});
