import { DEFAULT_CONFIG } from '@phi/core';
import { administerCaches } from '@phi/modules';
import { openServices, type OpenServices } from '@phi/service';
import { createLogger } from '@phi/telemetry';
import { freePort, startRedisServer, testRedis, type TestRedis } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { CacheWatch } from './cache-watch.js';

const log = createLogger('recovery', 'silent');

describe('CacheWatch', () => {
  let corner: TestRedis;
  let open: OpenServices;

  beforeEach(async () => {
    corner = testRedis('cache-watch');
    const { url: redisUrl, namespace } = corner;
    const environment = { redisUrl, namespace, dataDir: '.', logLevel: 'silent', config: DEFAULT_CONFIG };
    open = openServices(environment, log);
    await open.redis.ping();
  });
  afterEach(async () => {
    await open.close();
    await corner.cleanup();
  });

  const isPaused = async (): Promise<boolean | undefined> =>
    (await open.services.limits.pool('enrichment'))?.paused;

  it('pauses the pool while the Redis of the caches is away, and resumes it, whoever has looked before', async () => {
    const port = await freePort();
    const address = { redis_url: `redis://127.0.0.1:${String(port)}`, namespace: 'default' };
    const areHealthy = async (): Promise<boolean> => {
      const caches = await administerCaches(address);
      return (await caches.status().finally(() => caches.close())).healthy;
    };
    const watchOf = (): CacheWatch => new CacheWatch(open.services, areHealthy, 'enrichment', log);
    const watch = watchOf();
    await watch.tick();
    expect(await isPaused()).toBeUndefined();
    await watch.tick();
    expect(await isPaused()).toBe(true);
    const redis = await startRedisServer({ port });
    await watchOf().tick();
    expect(await isPaused()).toBe(false);
    await open.services.limits.change({ pools: [{ name: 'enrichment', paused: true }] });
    await watch.tick();
    expect(await isPaused()).toBe(false);
    await redis.stop();
  });

  it('counts a cache that is not healthy, and lets one bad look pass', async () => {
    const answers = [true, false, true, false, false];
    const watch = new CacheWatch(
      open.services,
      () => Promise.resolve(answers.shift() === true),
      'enrichment',
      log,
    );
    const seen: (boolean | undefined)[] = [];
    while (answers.length > 0) {
      await watch.tick();
      seen.push(await isPaused());
    }
    expect(seen).toEqual([undefined, undefined, undefined, undefined, true]);
  });
});
