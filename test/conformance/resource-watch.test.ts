import { ResourceWatch, type ResourceChanges } from '@phi/engine';
import { FakeClock } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { openEngine, type EngineFixture } from './testing/engine-fixture.js';

describe('ResourceWatch', () => {
  let fixture: EngineFixture;
  let clock: FakeClock;
  let watch: ResourceWatch;

  beforeEach(() => {
    fixture = openEngine('resource-watch', {
      RESOURCE_CHECK_INTERVAL_SECONDS: 100,
      RESOURCE_DISK_THRESHOLD: 0.9,
      RESOURCE_RECOVERY_RATIO: 0.9,
    });
    clock = new FakeClock();
    watch = new ResourceWatch({ ...fixture.services, clock }, () => 'me');
  });
  afterEach(() => fixture.close());

  async function disk(usage: number): Promise<ResourceChanges> {
    clock.advance(100_000);
    return watch.observe({ HOST_DISK: usage });
  }
  const usages = async (): Promise<number[]> =>
    (await fixture.services.exhaustion.read()).exhausted.map(({ usage }) => usage);
  const namesOf = ({ began, ended }: ResourceChanges): string[][] =>
    [began, ended].map((some) => some.map(({ resource_type }) => resource_type));

  it('tells of a beginning and of an end once each, and of every use between them', async () => {
    expect(namesOf(await disk(0.89))).toEqual([[], []]);
    expect(namesOf(await disk(0.95))).toEqual([['DISK'], []]);
    expect(namesOf(await disk(0.93))).toEqual([[], []]);
    expect(await usages()).toEqual([0.93]);
    expect(namesOf(await disk(0.85))).toEqual([[], []]);
    const end = await disk(0.5);
    expect(namesOf(end)).toEqual([[], ['DISK']]);
    expect(end.ended).toMatchObject([{ current_usage: 0.85, measured_by: 'me' }]);
    expect(await usages()).toEqual([]);
    expect(namesOf(await disk(0.5))).toEqual([[], []]);
    expect(await fixture.services.exhaustion.counts()).toMatchObject({ DISK: 1 });
  });

  it('estimates when what falls has recovered', async () => {
    await disk(0.99);
    await disk(0.95);
    // 0.14 above the level of recovery, falling by 0.0004 a second.
    expect((await fixture.services.exhaustion.read()).exhausted).toMatchObject([
      { estimated_recovery_seconds: 350 },
    ]);
  });

  it('is believed for three of its intervals', async () => {
    await disk(0.95);
    await fixture.setClockOffset(150_000);
    expect(await usages()).toEqual([0.95]);
    await fixture.setClockOffset(301_000);
    expect(await usages()).toEqual([]);
  });

  it('says again what Redis has forgotten', async () => {
    await disk(0.95);
    await fixture.redis.del(fixture.key('exhausted'));
    await disk(0.96);
    expect(await usages()).toEqual([0.96]);
  });

  it('takes what cannot be measured any more for recovered', async () => {
    await disk(0.95);
    expect(namesOf(await watch.observe({}))).toEqual([[], ['DISK']]);
    expect(await usages()).toEqual([]);
  });
});
