import { setTimeout as pause } from 'node:timers/promises';

import { afterEach, beforeEach, it } from '@jest/globals';
import { startRedisServer, startTcpProxy, type TcpProxy } from '@phi/testkit';

import { Phi, READY } from './fixture/phi.js';

/** Longer than a command waits for a connection, in milliseconds. */
const AWAY_MS = 1500;

let phi: Phi;
let proxy: TcpProxy;

beforeEach(async () => {
  const redis = await startRedisServer();
  proxy = await startTcpProxy(redis.port);
  const env = { REDIS_URL: proxy.url };
  phi = await Phi.start({ redis, schedulers: 0, executors: 0, recoveries: 0, env });
});
afterEach(async () => {
  await phi.stop();
  await proxy.close();
});

it.each(['executor', 'scheduler', 'recovery'] as const)(
  'starts all the same when Redis goes away again as soon as it was reached: %s',
  async (app) => {
    const service = await phi.spawn(app);
    await service.output.waitFor('connected to Redis');
    proxy.cut();
    await service.output.waitFor('connection to Redis lost');
    // Nothing tells how often it has tried; one that gives up has ended by then.
    await Promise.race([service.ended, pause(AWAY_MS)]);
    proxy.mend();
    await service.output.waitFor(READY, { ms: 60_000 });
  },
);
