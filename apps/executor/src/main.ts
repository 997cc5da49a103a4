import type { Problem } from '@phi/core';
import {
  childEnvironment,
  callbackProblems,
  Callbacks,
  createAttemptRunner,
  DEFAULT_BINDINGS,
  headerProblems,
  openModules,
  readSecrets,
} from '@phi/modules';
import { BullStageQueues, ExecutionWorker } from '@phi/queues';
import {
  guardRedis,
  Loop,
  openServices,
  readCallbacks,
  readModules,
  runService,
  settledWithin,
  tellFailure,
  untilRedisAnswers,
  type Environment,
  type RunningService,
  type Variables,
} from '@phi/service';
import { listenForCallbacks, listenForCancellations } from '@phi/store';
import type { Logger } from '@phi/telemetry';

import { readExecutorConfig } from './config.js';
import { ExecutorProcess } from './executor-process.js';
import { hostResources } from './host-resources.js';
import { HostWatch } from './resources/host-watch.js';

const CLOSE_WITHIN_MS = 3000;
/** How long Redis may take to answer to each of the last steps. */
const ANSWER_WITHIN_MS = 2000;

/** An executor (specification: Executor Subsystem): any number of them share the work. */
async function start(environment: Environment, log: Logger, variables: Variables): Promise<RunningService> {
  const executorConfig = readExecutorConfig(environment, variables);
  const open = openServices(environment, log);
  const { services, redis, close } = open;
  // What Redis lost may have been about what runs here.
  let compare = (): void => undefined;
  const guard = await guardRedis({ open, environment, log, onLoss: () => compare() });
  const {
    EXECUTOR_PARALLELISM: places,
    GRACEFUL_TIMEOUT_SECONDS,
    FORCE_KILL_AFTER_SECONDS,
  } = environment.config;
  const { bindings } = readModules(variables);
  const bodyEnv = childEnvironment(variables);
  const secrets = readSecrets(variables);
  const queues = new BullStageQueues({
    redisUrl: environment.redisUrl,
    namespace: environment.namespace,
    onError: (error) => log.debug({ err: error }, "modules' queues"),
  });
  const callbacks = new Callbacks();
  const { settings: callbackSettings } = readCallbacks(variables);
  const modules = openModules(
    { ...DEFAULT_BINDINGS, ...bindings },
    {
      children: {
        size: places,
        gracefulMs: GRACEFUL_TIMEOUT_SECONDS * 1000,
        forceKillMs: FORCE_KILL_AFTER_SECONDS * 1000,
        childEnv: bodyEnv,
      },
      remote: {
        remoteJobs: services.remoteJobs,
        secrets,
        random: () => services.random.next(),
        callbacks,
        ...(callbackSettings === undefined ? {} : { callbackSettings }),
      },
      programs: { variables, secrets },
      queues: { queues, remoteJobs: services.remoteJobs },
    },
  );
  const runner = createAttemptRunner({
    modules,
    secrets,
    source_dir: executorConfig.sourceDir,
    data_dir: executorConfig.dataDir,
    output_dir: executorConfig.outputDir,
    work_dir: executorConfig.workDir,
    checkpoint_max_bytes: environment.config.CHECKPOINT_MAX_BYTES,
    http_allow: executorConfig.httpAllow,
    cache: { redis_url: executorConfig.cacheRedisUrl, namespace: environment.namespace },
  });
  const resources = await hostResources(environment.config, executorConfig.workDir);
  const executor = new ExecutorProcess(services, runner, environment, log, resources, modules.bodies);
  const listening = await listenForCancellations(redis, environment.namespace, (executionId) =>
    executor.cancellations.announce(executionId),
  );
  const calledBack = await listenForCallbacks(redis, environment.namespace, (executionId, stage) =>
    callbacks.announce(executionId, stage),
  );
  const watch = new HostWatch(services, executor, [executorConfig.dataDir, executorConfig.outputDir], log);
  // Before it offers anything.
  await untilRedisAnswers(() => watch.look());
  await untilRedisAnswers(() => executor.start());
  const worker = new ExecutionWorker({
    redisUrl: environment.redisUrl,
    namespace: environment.namespace,
    concurrency: places,
    pools: environment.config.EXECUTOR_POOLS,
    onDelivery: (executionId) => executor.take(executionId),
    onError: (error) => log.debug({ err: error }, 'delivery worker'),
    paused: executor.isWithheld,
  });
  const watching = new Loop({
    name: 'host',
    log,
    intervalMs: environment.config.RESOURCE_CHECK_INTERVAL_SECONDS * 1000,
    round: () => look(),
  });

  async function look(): Promise<undefined> {
    await watch.look();
    await (executor.isWithheld ? worker.pause() : worker.resume());
  }

  const reload = (): void => {
    modules.reload();
    log.info('handlers reloaded');
  };
  process.on('SIGHUP', reload);
  compare = () => executor.compareSoon();
  redis.on('ready', compare);

  return {
    async stop() {
      process.off('SIGHUP', reload);
      await settledWithin(ANSWER_WITHIN_MS, Promise.all([watching.stop(), guard.stop()]));
      await worker.pause();
      await executor.drain(GRACEFUL_TIMEOUT_SECONDS * 1000);
      await worker.close(CLOSE_WITHIN_MS);
      await modules.close();
      await queues.close();
      const left = executor
        .leave()
        .catch((error: unknown) => tellFailure(log, error, {}, 'could not give the lease back'));
      await settledWithin(ANSWER_WITHIN_MS, left);
      redis.off('ready', compare);
      listening.stop();
      calledBack.stop();
      await settledWithin(ANSWER_WITHIN_MS, close());
    },
  };
}

/** The drain's grace, the steps of a kill, and closing. */
function stopWithinMs({ config }: Environment): number {
  return (2 * config.GRACEFUL_TIMEOUT_SECONDS + config.FORCE_KILL_AFTER_SECONDS) * 1000 + 2 * CLOSE_WITHIN_MS;
}

function problemsOf(variables: Variables): readonly Problem[] {
  const { bindings, problems } = readModules(variables);
  const callbacks = readCallbacks(variables);
  return [
    ...problems,
    ...callbacks.problems,
    ...headerProblems(bindings, readSecrets(variables)),
    ...callbackProblems(bindings, callbacks.settings),
  ];
}

await runService({ name: 'executor', start, stopWithinMs, problemsOf }, process.env);
