import {
  carryOn,
  expireDependencies,
  fireSchedules,
  flushTriggers,
  promoteRetries,
  publishDatasets,
} from '@phi/engine';
import {
  Loop,
  openServices,
  runService,
  waitForRedis,
  type Environment,
  type RunningService,
  type Variables,
} from '@phi/service';
import type { Logger } from '@phi/telemetry';

import { readSchedulerConfig, schedulerProblems } from './config.js';
import { watchEventSources } from './wiring/event-sources.js';

const STOP_WITHIN_MS = 5000;

/** The scheduler (specification: Scheduler Subsystem): stateless, any number of replicas. */
async function start(environment: Environment, log: Logger, variables: Variables): Promise<RunningService> {
  const { services, redis, close } = openServices(environment, log);
  await waitForRedis(redis);
  const { config } = environment;
  const pollMs = config.SCHEDULER_POLL_INTERVAL_MS;
  const dependencyMs = config.DEPENDENCY_CHECK_INTERVAL_SECONDS * 1000;
  const loops = [
    new Loop({
      name: 'retries',
      log,
      intervalMs: pollMs,
      round: () => promoteRetries(services).then(() => undefined),
    }),
    new Loop({
      name: 'dependency-timeouts',
      log,
      intervalMs: dependencyMs,
      round: () => expireDependencies(services).then(() => undefined),
    }),
    new Loop({
      name: 'carry-on',
      log,
      intervalMs: pollMs,
      round: () => carryOn(services).then(() => undefined),
    }),
    new Loop({ name: 'triggers', log, intervalMs: pollMs, round: () => flush() }),
    new Loop({ name: 'datasets', log, intervalMs: pollMs, round: () => publish() }),
  ];
  const sources = watchEventSources(
    services,
    environment,
    readSchedulerConfig(variables, environment.dataDir),
    log,
  );
  if (config.SCHEDULER_ENABLED)
    loops.push(new Loop({ name: 'schedules', log, intervalMs: pollMs, round: () => fire() }));

  async function fire(): Promise<number | undefined> {
    const report = await fireSchedules(services);
    if (report.fired > 0) log.info({ fired: report.fired }, 'schedules fired');
    if (report.missed > 0)
      log.warn({ missed: report.missed }, 'fire times missed: later than their tolerance');
    return report.next_in_ms;
  }

  async function flush(): Promise<number | undefined> {
    const report = await flushTriggers(services);
    if (report.flushed > 0) log.info({ executions: report.flushed }, 'triggers that were due have started');
    return report.next_in_ms;
  }

  async function publish(): Promise<undefined> {
    const report = await publishDatasets(services);
    if (report.published > 0) log.info({ datasets: report.published }, 'datasets published');
    for (const { dataset, execution_id } of report.too_deep)
      log.warn(
        { dataset, execution_id },
        'executions and events cause each other: this one starts nothing more',
      );
  }

  return {
    async stop() {
      await Promise.all([...loops.map((loop) => loop.stop()), sources.stop()]);
      await close();
    },
  };
}

await runService(
  { name: 'scheduler', start, problemsOf: schedulerProblems, stopWithinMs: () => STOP_WITHIN_MS },
  process.env,
);
