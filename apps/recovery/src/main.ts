import type { Problem } from '@phi/core';
import { administerCaches, headerProblems, openRemoteModules, readSecrets } from '@phi/modules';
import { BullStageQueues } from '@phi/queues';
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

import { CacheWatch } from './cache-watch.js';
import { sweepsOf } from './sweeps.js';

const STOP_WITHIN_MS = 5000;

/** The recovery manager (specification: Recovery Manager). */
async function start(environment: Environment, log: Logger, variables: Variables): Promise<RunningService> {
  const open = openServices(environment, log);
  const { services, close } = open;
  const guard = await guardRedis({ open, environment, log });
  const queues = new BullStageQueues({
    redisUrl: environment.redisUrl,
    namespace: environment.namespace,
    onError: (error) => log.debug({ err: error }, "modules' queues"),
  });
  const { bindings } = readModules(variables);
  const modules = openRemoteModules(bindings, { secrets: readSecrets(variables), queues });
  const loops = sweepsOf({ services, modules, log }).map(
    ({ name, intervalMs, tick }) => new Loop({ name, log, intervalMs, round: tick }),
  );

  const cachePool = variables['PHI_CACHE_POOL'] ?? '';
  if (cachePool !== '') {
    const caches = new CacheWatch(services, () => areCachesHealthy(environment, variables), cachePool, log);
    const intervalMs = environment.config.RESOURCE_CHECK_INTERVAL_SECONDS * 1000;
    loops.push(new Loop({ name: 'caches', log, intervalMs, round: () => caches.tick() }));
  }

  return {
    async stop() {
      // Ends requests under way.
      await modules.close();
      await Promise.all([guard.stop(), ...loops.map((loop) => loop.stop())]);
      await queues.close();
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
