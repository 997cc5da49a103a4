import { carryOn, expireDependencies, openWindows, promoteRetries } from '@phi/engine';
import {
  Loop,
  openServices,
  runService,
  waitForRedis,
  type Environment,
  type RunningService,
} from '@phi/service';
import type { Logger } from '@phi/telemetry';

import { ScheduleLoop } from './schedule-loop.js';

const STOP_WITHIN_MS = 5000;

/** The scheduler (specification: Scheduler Subsystem): stateless, any number of replicas. */
async function start(environment: Environment, log: Logger): Promise<RunningService> {
  const { services, redis, close } = openServices(environment, log);
  await waitForRedis(redis);
  const { config } = environment;
  const pollMs = config.SCHEDULER_POLL_INTERVAL_MS;
  const dependencyMs = config.DEPENDENCY_CHECK_INTERVAL_SECONDS * 1000;
  const loop = (name: string, intervalMs: number, round: () => Promise<number | undefined>): Loop =>
    new Loop({ name, log, intervalMs, round });
  const schedules = new ScheduleLoop(services, log);
  const loops = [
    loop('retries', pollMs, () => promoteRetries(services).then(() => undefined)),
    loop('dependency-timeouts', dependencyMs, () => expireDependencies(services).then(() => undefined)),
    loop('carry-on', pollMs, () => carryOn(services).then(() => undefined)),
    loop('windows', pollMs, () => openWindows(services)),
  ];
  if (config.SCHEDULER_ENABLED) loops.push(loop('schedules', pollMs, () => schedules.round()));

  return {
    async stop() {
      await Promise.all(loops.map((running) => running.stop()));
      await schedules.resign();
      await close();
    },
  };
}

await runService({ name: 'scheduler', start, stopWithinMs: () => STOP_WITHIN_MS }, process.env);
