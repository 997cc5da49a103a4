import { hostname } from 'node:os';

import type { Problem } from '@phi/core';
import {
  carryOnRedrives,
  expireDeadLetters,
  redeliverUnclaimed,
  reportExecutionErrors,
  withdrawDeadLetters,
} from '@phi/engine';
import { administerCaches, headerProblems, openRemoteModules, readSecrets } from '@phi/modules';
import {
  guardRedis,
  Loop,
  openServices,
  readModules,
  runService,
  type Environment,
  type RunningService,
  type Variables,
} from '@phi/service';
import type { Logger } from '@phi/telemetry';

import { trimErrorQueues } from './error-queue-trimmer.js';
import { CacheWatch } from './cache-watch.js';
import { HistoryTrimmer } from './history-trimmer.js';
import { LeaseReaper } from './lease-reaper.js';
import { LedgerSweeper } from './ledger-sweeper.js';
import { sweepQueueTimeouts } from './queue-timeouts.js';
import { RemoteOrphansSweeper } from './remote-orphans-sweeper.js';
import { RedisWatch } from './redis-watch.js';

const SWEEP_MS = 1000;
const ORPHANS_MS = 2000;
const LEDGERS_MS = 10_000;
const TRIM_MS = 60_000;
const STOP_WITHIN_MS = 5000;

/** The recovery manager (specification: Recovery Manager). */
async function start(environment: Environment, log: Logger, variables: Variables): Promise<RunningService> {
  const open = openServices(environment, log);
  const { services, redis, errorQueues, close } = open;
  const guard = await guardRedis({ open, environment, log });
  const reaper = new LeaseReaper(services, log);
  const sweeper = new LedgerSweeper(services, log);
  const watch = new RedisWatch(services, (section) => redis.info(section), log);
  const modules = openRemoteModules(readModules(variables).bindings, readSecrets(variables));
  const orphans = new RemoteOrphansSweeper(services, modules, log);
  const history = new HistoryTrimmer(services, log, `recovery-${hostname()}-${String(process.pid)}`);
  const loops = [
    new Loop({ name: 'expired-leases', log, intervalMs: SWEEP_MS, round: () => reaper.sweep() }),
    new Loop({ name: 'unclaimed', log, intervalMs: SWEEP_MS, round: () => redeliver() }),
    new Loop({
      name: 'queue-timeouts',
      log,
      intervalMs: SWEEP_MS,
      round: () => sweepQueueTimeouts(services, log),
    }),
    new Loop({ name: 'ledgers', log, intervalMs: LEDGERS_MS, round: () => sweeper.sweep() }),
    new Loop({ name: 'remote-orphans', log, intervalMs: ORPHANS_MS, round: () => orphans.sweep() }),
    new Loop({
      name: 'redis',
      log,
      intervalMs: environment.config.RESOURCE_CHECK_INTERVAL_SECONDS * 1000,
      round: () => watch.look(),
    }),
    new Loop({
      name: 'execution-errors',
      log,
      intervalMs: SWEEP_MS,
      round: () => reportExecutionErrors(services).then(() => undefined),
    }),
    new Loop({
      name: 'withdrawn-dead-letters',
      log,
      intervalMs: SWEEP_MS,
      round: () => withdrawDeadLetters(services).then(() => undefined),
    }),
    new Loop({
      name: 'redrives',
      log,
      intervalMs: SWEEP_MS,
      round: () => carryOnRedrives(services).then(() => undefined),
    }),
    new Loop({
      name: 'dead-letters',
      log,
      intervalMs: TRIM_MS,
      round: () => expireDeadLetters(services).then(() => undefined),
    }),
    new Loop({ name: 'history', log, intervalMs: TRIM_MS, round: () => history.tick() }),
    new Loop({
      name: 'error-queues',
      log,
      intervalMs: TRIM_MS,
      round: () => trimErrorQueues(errorQueues, log),
    }),
  ];

  const cachePool = variables['PHI_CACHE_POOL'] ?? '';
  if (cachePool !== '') {
    const caches = new CacheWatch(services, () => areCachesHealthy(environment, variables), cachePool, log);
    const intervalMs = environment.config.RESOURCE_CHECK_INTERVAL_SECONDS * 1000;
    loops.push(new Loop({ name: 'caches', log, intervalMs, round: () => caches.look() }));
  }

  async function redeliver(): Promise<undefined> {
    const again = await redeliverUnclaimed(services);
    if (again > 0) log.info({ deliveries: again }, 'delivered again what nobody claimed');
  }

  return {
    async stop() {
      // Ends requests under way.
      await modules.close();
      await Promise.all([guard.stop(), ...loops.map((loop) => loop.stop())]);
      await close();
    },
  };
}

async function areCachesHealthy(
  { redisUrl, namespace }: Environment,
  variables: Variables,
): Promise<boolean> {
  const redis_url = variables['PHI_CACHE_REDIS_URL'] ?? redisUrl;
  const caches = await administerCaches({ redis_url, namespace });
  const { healthy } = await caches.status().finally(() => caches.close());
  return healthy;
}

function problemsOf(variables: Variables): readonly Problem[] {
  const { bindings, problems } = readModules(variables);
  return [...problems, ...headerProblems(bindings, readSecrets(variables))];
}

await runService({ name: 'recovery', start, stopWithinMs: () => STOP_WITHIN_MS, problemsOf }, process.env);
