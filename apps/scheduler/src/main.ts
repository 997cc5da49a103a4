import { carryOn, expireDependencies, fireSchedules, promoteRetries } from '@phi/engine';
import { IntakeWorker, MANUAL_QUEUE, MessageNotTaken } from '@phi/queues';
import {
  Loop,
  openServices,
  runService,
  waitForRedis,
  type Environment,
  type RunningService,
} from '@phi/service';
import type { Logger } from '@phi/telemetry';

import { takeManualTrigger } from './manual-intake.js';

const STOP_WITHIN_MS = 5000;
const CLOSE_WITHIN_MS = 3000;
/** Messages of one queue that are taken in at once. */
const INTAKE_AT_ONCE = 20;

/** The scheduler (specification: Scheduler Subsystem): stateless, any number of replicas. */
async function start(environment: Environment, log: Logger): Promise<RunningService> {
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
  ];
  if (config.SCHEDULER_ENABLED)
    loops.push(new Loop({ name: 'schedules', log, intervalMs: pollMs, round: () => fire() }));

  const manual = new IntakeWorker({
    redisUrl: environment.redisUrl,
    namespace: environment.namespace,
    queue: MANUAL_QUEUE,
    concurrency: INTAKE_AT_ONCE,
    onMessage: (message) => takeManualTrigger(services, message),
    onError: (error) => reportIntake(error),
  });

  function reportIntake(error: Error): void {
    if (error instanceof MessageNotTaken) log.warn({ err: error }, 'message not taken in; it is tried again');
    else log.debug({ err: error }, 'intake queue');
  }

  async function fire(): Promise<number | undefined> {
    const report = await fireSchedules(services);
    if (report.fired > 0) log.info({ fired: report.fired }, 'schedules fired');
    if (report.missed > 0)
      log.warn({ missed: report.missed }, 'fire times missed: later than their tolerance');
    return report.next_in_ms;
  }

  return {
    async stop() {
      await Promise.all([...loops.map((loop) => loop.stop()), manual.close(CLOSE_WITHIN_MS)]);
      await close();
    },
  };
}

await runService({ name: 'scheduler', start, stopWithinMs: () => STOP_WITHIN_MS }, process.env);
