import { DEFAULT_CONFIG, leaseMs, type Bodies, type PhiConfig } from '@phi/core';
import { openServices, type OpenServices } from '@phi/service';
import { createLogger } from '@phi/telemetry';
import { testRedis, type TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { LeaseKeeper } from './lease-keeper.js';

const log = createLogger('executor', 'silent');

/** Remembers what was done to the bodies, and tells when something was. */
class WitnessedBodies implements Bodies {
  readonly done: string[] = [];
  private readonly waiting = new Map<string, () => void>();

  async freeze(): Promise<void> {
    this.note('freeze');
  }

  async thaw(): Promise<void> {
    this.note('thaw');
  }

  kill(): void {
    this.note('kill');
  }

  /** Resolves when it is done the next time. */
  next(what: string): Promise<void> {
    return new Promise((resolve) => this.waiting.set(what, resolve));
  }

  private note(what: string): void {
    this.done.push(what);
    this.waiting.get(what)?.();
  }
}

describe('LeaseKeeper', () => {
  let config: PhiConfig;
  let corner: TestRedis;
  let open: OpenServices;
  let bodies: WitnessedBodies;
  let keeper: LeaseKeeper;
  let lost: number;
  /** Where Redis is away, calls wait for it. */
  let away: Promise<void> | undefined;
  let comeBack: () => void;

  beforeEach(async () => {
    corner = testRedis('keeper');
    const { url: redisUrl, namespace } = corner;
    open = openServices(
      { redisUrl, namespace, dataDir: '.', logLevel: 'silent', config: DEFAULT_CONFIG },
      log,
    );
    await open.redis.ping();
    bodies = new WitnessedBodies();
    lost = 0;
    away = undefined;
  });
  afterEach(async () => {
    comeBack();
    await keeper.stop();
    await open.close();
    await corner.cleanup();
  });

  /** Keeps a lease of so long. */
  async function keep(leaseSeconds: number): Promise<void> {
    // The range of the parameters is for people.
    const intervalSeconds = 0.3;
    config = {
      ...DEFAULT_CONFIG,
      EXECUTOR_HEARTBEAT_INTERVAL_SECONDS: intervalSeconds,
      EXECUTOR_HEARTBEAT_TIMEOUT_MULTIPLIER: leaseSeconds / intervalSeconds,
    };
    await register();
    const { leases } = open.services;
    const renew: typeof leases.renew = async (...call) => {
      await away;
      return leases.renew(...call);
    };
    keeper = new LeaseKeeper({
      leases: Object.assign(Object.create(leases) as typeof leases, { renew }),
      config,
      log,
      bodies,
      executorId: () => 'executor',
      report: () => [],
      onHeld: () => undefined,
      onLost: () => {
        lost += 1;
        return register();
      },
    });
  }

  const register = (): Promise<void> =>
    open.services.leases.register({
      executor_id: 'executor',
      lease_ms: leaseMs(config),
      places: 1,
      information: {},
    });

  const goAway = (): void => {
    away = new Promise((resolve) => {
      comeBack = () => {
        away = undefined;
        resolve();
      };
    });
  };
  comeBack = () => undefined;

  it('lets bodies alone while it renews', async () => {
    await keep(60);
    await bodies.next('thaw');
    await bodies.next('thaw');
    expect(bodies.done).not.toContain('freeze');
  });

  it('freezes before the lease is over, and thaws when it is renewed, not before', async () => {
    // What is left of it after the freeze has to last until it is looked at.
    await keep(12);
    await bodies.next('thaw');
    goAway();
    const began = performance.now();
    await bodies.next('freeze');
    // The lease that was renewed last is not over yet.
    const [held] = await open.services.leases.list();
    expect(held?.lease_expires).toBeGreaterThan(await open.services.schedules.now());
    expect(performance.now() - began).toBeGreaterThan(1000);
    expect(bodies.done.at(-1)).toBe('freeze');
    comeBack();
    await bodies.next('thaw');
    expect(bodies.done).not.toContain('kill');
    expect(lost).toBe(0);
  });

  it('kills what it froze when the lease is refused, and only then lets anything go on', async () => {
    await keep(1.5);
    await bodies.next('thaw');
    goAway();
    await bodies.next('freeze');
    await open.services.leases.leave('executor');
    bodies.done.length = 0;
    comeBack();
    await bodies.next('thaw');
    expect(bodies.done).toEqual(['kill', 'thaw']);
    expect(lost).toBe(1);
    expect(await open.services.leases.list()).toHaveLength(1);
  });

  it('freezes first when it was itself asleep for longer than its lease', async () => {
    await keep(1.5);
    await bodies.next('thaw');
    bodies.done.length = 0;
    // Nothing of this process runs meanwhile, as if it had been stopped.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, leaseMs(config));
    await bodies.next('thaw');
    expect(bodies.done).toEqual(['freeze', 'thaw']);
  });
});
