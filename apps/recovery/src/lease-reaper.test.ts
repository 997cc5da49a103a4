import { DEFAULT_CONFIG, leaseMs } from '@phi/core';
import type { Services } from '@phi/engine';
import { openServices, type OpenServices } from '@phi/service';
import { createLogger } from '@phi/telemetry';
import { FakeClock, testRedis, type TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { LeaseReaper } from './lease-reaper.js';

const log = createLogger('recovery', 'silent');

describe('LeaseReaper', () => {
  let corner: TestRedis;
  let open: OpenServices;
  let clock: FakeClock;
  let away: boolean;
  let reaper: LeaseReaper;

  beforeEach(async () => {
    corner = testRedis('reaper');
    const { url: redisUrl, namespace } = corner;
    open = openServices(
      { redisUrl, namespace, dataDir: '.', logLevel: 'silent', config: DEFAULT_CONFIG },
      log,
    );
    clock = new FakeClock();
    away = false;
    const { schedules } = open.services;
    const now = (): Promise<number> =>
      away ? Promise.reject(new Error('Connection is closed.')) : schedules.now();
    const services: Services = {
      ...open.services,
      clock,
      schedules: Object.assign(Object.create(schedules) as typeof schedules, { now }),
    };
    reaper = new LeaseReaper(services, log);
    await open.redis.ping();
    await watch(leaseMs(DEFAULT_CONFIG));
    await expire('executor');
  });
  afterEach(async () => {
    await open.close();
    await corner.cleanup();
  });

  /** Registers an executor whose lease has run out. */
  async function expire(executor_id: string): Promise<void> {
    await open.services.leases.register({ executor_id, lease_ms: -1, places: 1, information: {} });
  }

  /** Sweeps every second, so that nothing looks like being cut off. */
  async function watch(ms: number): Promise<void> {
    for (let passed = 0; passed <= ms; passed += 1000) {
      await reaper.tick();
      clock.advance(1000);
    }
  }

  const registered = async (): Promise<string[]> =>
    (await open.services.leases.list()).map(({ executor_id }) => executor_id);

  it('takes an expired lease at its next sweep', async () => {
    await reaper.tick();
    expect(await registered()).toEqual([]);
  });

  it('takes nothing for a whole lease after it has begun to watch', async () => {
    reaper = new LeaseReaper({ ...open.services, clock }, log);
    await watch(leaseMs(DEFAULT_CONFIG) - 2000);
    expect(await registered()).toEqual(['executor']);
    await watch(3000);
    expect(await registered()).toEqual([]);
  });

  it('takes nothing for as long as it was cut off itself, and then what is still expired', async () => {
    await reaper.tick();
    await expire('another');
    clock.advance(20_000);
    await reaper.tick();
    expect(await registered()).toEqual(['another']);
    for (let second = 0; second < 19; second++) {
      clock.advance(1000);
      await reaper.tick();
      expect(await registered()).toEqual(['another']);
    }
    clock.advance(1000);
    await reaper.tick();
    expect(await registered()).toEqual([]);
  });

  it('takes nothing for a lease, no longer, where its clock was set ahead; and at once where it was set back', async () => {
    await reaper.tick();
    await expire('another');
    clock.advance(3_600_000);
    await watch(leaseMs(DEFAULT_CONFIG) - 2000);
    expect(await registered()).toEqual(['another']);
    await watch(3000);
    expect(await registered()).toEqual([]);
    await expire('a third');
    clock.advance(60_000);
    await reaper.tick();
    clock.set(clock.now() - 3_600_000);
    await reaper.tick();
    expect(await registered()).toEqual([]);
  });

  it('counts the sweeps that failed as time cut off', async () => {
    await reaper.tick();
    await expire('another');
    away = true;
    for (let second = 0; second < 10; second++) {
      clock.advance(1000);
      await expect(reaper.tick()).rejects.toThrow('Connection is closed.');
    }
    away = false;
    clock.advance(1000);
    await reaper.tick();
    expect(await registered()).toEqual(['another']);
  });

  it('leaves to an executor that renews meanwhile what it runs', async () => {
    await reaper.tick();
    await expire('another');
    clock.advance(20_000);
    await reaper.tick();
    expect(await open.services.leases.renew('another', 600_000)).toMatchObject({ held: true });
    clock.advance(4000);
    await reaper.tick();
    clock.advance(16_000);
    await reaper.tick();
    expect(await registered()).toEqual(['another']);
  });

  it('is not put off by the usual time between two sweeps', async () => {
    await reaper.tick();
    for (let round = 0; round < 5; round++) {
      await expire('another');
      clock.advance(4000);
      await reaper.tick();
      expect(await registered()).toEqual([]);
    }
  });
});
