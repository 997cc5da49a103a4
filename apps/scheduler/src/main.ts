import {
  carryOn,
  decideConditions,
  expireDependencies,
  flushTriggers,
  openWindows,
  promoteRetries,
  publishDatasets,
  reportDependencyErrors,
} from '@phi/engine';
import { MANUAL_QUEUE } from '@phi/queues';
import {
  guardRedis,
  Loop,
  openServices,
  runService,
  type Environment,
  type RunningService,
  type Variables,
} from '@phi/service';
import type { Logger } from '@phi/telemetry';

import { readSchedulerConfig, schedulerProblems } from './config.js';
import { takeManualTrigger } from './manual-intake.js';
import { ScheduleLoop } from './schedule-loop.js';
import { watchEventSources } from './wiring/event-sources.js';
import { takeMessages } from './wiring/intake-queue.js';

const STOP_WITHIN_MS = 5000;

/** The scheduler (specification: Scheduler Subsystem): stateless, any number of replicas. */
async function start(environment: Environment, log: Logger, variables: Variables): Promise<RunningService> {
  const open = openServices(environment, log);
  const { services, close } = open;
  const guard = await guardRedis({ open, environment, log });
  const { config } = environment;
  const pollMs = config.SCHEDULER_POLL_INTERVAL_MS;
  const dependencyMs = config.DEPENDENCY_CHECK_INTERVAL_SECONDS * 1000;
  const loop = (name: string, intervalMs: number, round: () => Promise<number | undefined>): Loop =>
    new Loop({ name, log, intervalMs, round });
  const schedules = new ScheduleLoop(services, log);
  const loops = [
    loop('retries', pollMs, () => promoteRetries(services).then(() => undefined)),
    loop('dependency-timeouts', dependencyMs, () => expireDependencies(services).then(() => undefined)),
    loop('conditions', dependencyMs, () => decideConditions(services).then(() => undefined)),
    loop('dependency-errors', dependencyMs, () => reportDependencyErrors(services).then(() => undefined)),
    loop('carry-on', pollMs, () => carryOn(services).then(() => undefined)),
    loop('windows', pollMs, () => openWindows(services)),
    loop('triggers', pollMs, () => flush()),
    loop('datasets', pollMs, () => publish()),
  ];
  const sources = watchEventSources({
    services,
    environment,
    config: readSchedulerConfig(variables, environment.dataDir),
    log,
  });
  const manual = takeMessages(
    { queue: MANUAL_QUEUE, onMessage: (message) => takeManualTrigger(services, message) },
    services,
    environment,
    log,
  );
  if (config.SCHEDULER_ENABLED) loops.push(loop('schedules', pollMs, () => schedules.round()));

  async function flush(): Promise<number | undefined> {
    const report = await flushTriggers(services);
    if (report.flushed > 0) log.info({ executions: report.flushed }, 'triggers that were due have started');
    return report.next_in_ms;
  }

  async function publish(): Promise<undefined> {
    const report = await publishDatasets(services);
    if (report.published > 0) log.info({ datasets: report.published }, 'datasets published');
    for (const entry of report.too_deep)
      log.warn({ ...entry }, 'executions and events cause each other: this one starts nothing more');
  }

  return {
    async stop() {
      await Promise.all([
        ...loops.map((running) => running.stop()),
        sources.stop(),
        manual.stop(),
        guard.stop(),
      ]);
      await schedules.resign();
      await close();
    },
  };
}

await runService(
  { name: 'scheduler', start, problemsOf: schedulerProblems, stopWithinMs: () => STOP_WITHIN_MS },
  process.env,
);
