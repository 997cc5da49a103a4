import { DEFAULT_CONFIG } from '@phi/core';
import type { Services } from '@phi/engine';
import { openServices, type OpenServices } from '@phi/service';
import { createLogger } from '@phi/telemetry';
import { startRedisServer, type RedisServer } from '@phi/testkit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

import { measurementsOf, RedisWatch } from './redis-watch.js';

const log = createLogger('recovery', 'silent');

describe('RedisWatch', () => {
  let server: RedisServer;
  let open: OpenServices;
  let services: Services;
  let watch: RedisWatch;

  beforeEach(async () => {
    server = await startRedisServer();
    const environment = { redisUrl: server.url, namespace: 'watch', dataDir: '.', logLevel: 'silent' };
    open = openServices({ ...environment, config: DEFAULT_CONFIG }, log);
    services = open.services;
    watch = new RedisWatch(services, log);
    await open.redis.ping();
  });
  afterEach(async () => {
    await open.close();
    await server.stop();
  });

  const found = async () => (await services.exhaustion.read()).exhausted;

  it('has nothing to say of a Redis without a limit that has room for clients', async () => {
    await watch.tick();
    expect(await found()).toEqual([]);
    expect(Object.keys(measurementsOf(await open.redis.info()))).toEqual(['REDIS_CONNECTIONS']);
  });

  it('finds its memory exhausted, at its limit too, until there is more', async () => {
    // Redis loads no functions at its limit: they are there by then.
    expect(await found()).toEqual([]);
    await open.redis.config('SET', 'maxmemory', '1mb');
    await watch.tick();
    expect(await found()).toMatchObject([
      {
        source: 'REDIS',
        resource_type: 'MEMORY',
        code: 'RES_001_MEMORY_EXHAUSTED',
        threshold: DEFAULT_CONFIG.RESOURCE_REDIS_MEMORY_THRESHOLD,
        in_force: DEFAULT_CONFIG.RESOURCE_REDIS_MEMORY_ACTIONS,
      },
    ]);
    await open.redis.config('SET', 'maxmemory', '1gb');
    await watch.tick();
    expect(await found()).toEqual([]);
  });

  it('finds its clients exhausted', async () => {
    const clients = /connected_clients:(\d+)/.exec(await open.redis.info('clients'))?.[1];
    // Of the services' connections some may still be on their way: they are let in again at the end.
    await open.redis.config('SET', 'maxclients', Number(clients));
    await watch.tick();
    await open.redis.config('SET', 'maxclients', 10_000);
    expect(await found()).toMatchObject([
      {
        source: 'REDIS',
        resource_type: 'CONNECTIONS',
        code: 'RES_004_CONNECTIONS_EXHAUSTED',
        in_force: ['QUEUE_ALL'],
      },
    ]);
  });
});
