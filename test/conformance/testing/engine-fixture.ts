import {
  DEFAULT_CONFIG,
  resolveJobDefinition,
  type Alert,
  type Attempt,
  type AttemptEnd,
  type AttemptHooks,
  type AttemptRunner,
  type AuthoredDependency,
  type AuthoredJobDefinition,
  type Delivery,
  type ErrorQueueName,
  type ErrorReport,
  type ExecutionRecord,
  type JobDefinition,
  type PhiConfig,
  type RegisterCommand,
} from '@phi/core';
import {
  applyDefinitions,
  Cancellations,
  ExecutorRoom,
  Vitals,
  CatalogReader,
  executorStop,
  runAttempt,
  triggerJob,
  type ApplyRequest,
  type ApplyResult,
  type DeliveryOutcome,
  type ExecutorContext,
  type Services,
  type TriggerRequest,
} from '@phi/engine';
import { BullDeliveryQueue, BullErrorQueues, BullStageJobs } from '@phi/queues';
import { createKeys, openStores } from '@phi/store';
import { FakeClock, testRedis } from '@phi/testkit';
import type { Redis } from 'ioredis';

export type Body = (attempt: Attempt, hooks: AttemptHooks) => Promise<AttemptEnd> | AttemptEnd;

/** The use cases over a namespace of its own on the Redis that tests share. */
export interface EngineFixture {
  readonly services: Services;
  readonly redis: Redis;
  readonly namespace: string;
  readonly redisUrl: string;
  /** Ids that were admitted through any of its services, in order; nothing delivers them but the test. */
  readonly admitted: string[];
  /** What was entered in error queues, in order. */
  readonly reported: (ErrorReport & { readonly queue: ErrorQueueName })[];
  /** What operators were told, in order. */
  readonly alerts: Alert[];
  /** Services of another process: a connection and a catalog of their own. */
  anotherProcess(config?: Partial<PhiConfig>): Services;
  /** Moves Redis' time as Phi sees it, by milliseconds from the real one. */
  setClockOffset(ms: number): Promise<void>;
  key(suffix: string): string;
  registerExecutor(executorId: string, leaseMs?: number): Promise<void>;
  /** Runs what was admitted first and has not run, on the executor `executor`. @returns its id */
  runNext(body: Body): Promise<string>;
  /** @throws what a body expected in vain */
  close(): Promise<void>;
}

/** @param scripts - where the Lua is; default: what is shipped */
export function openEngine(label: string, config: Partial<PhiConfig> = {}, scripts?: URL): EngineFixture {
  const corner = testRedis(label);
  const keys = createKeys(corner.namespace);
  const admitted: string[] = [];
  const reported: EngineFixture['reported'] = [];
  const alerts: Alert[] = [];
  const queues: { close(): Promise<void> }[] = [];
  let ids = 0;

  function open(redis: Redis, more: Partial<PhiConfig>): Services {
    const { url: redisUrl, namespace } = corner;
    const listener = {
      onAdmitted: (deliveries: readonly Delivery[]) => {
        admitted.push(...deliveries.map((delivery) => delivery.execution_id));
      },
      onMore: () => undefined,
      onConditions: () => undefined,
      onUnreadable: () => undefined,
    };
    const stores = openStores(redis, namespace, listener, scripts);
    const delivery = new BullDeliveryQueue({ redisUrl, namespace, onError: () => undefined });
    const stageJobs = new BullStageJobs({ redisUrl, namespace, onError: () => undefined });
    const merged = { ...DEFAULT_CONFIG, ...config, ...more };
    const errors = new BullErrorQueues({ redisUrl, namespace, config: merged, onError: () => undefined });
    queues.push(delivery, stageJobs, errors);
    return {
      ...stores,
      namespace,
      config: merged,
      delivery,
      stageJobs,
      errors: {
        async report(queue, report) {
          reported.push({ queue, ...report });
          await errors.report(queue, report);
        },
        withdraw: (queue, ids) => errors.withdraw(queue, ids),
      },
      errorQueues: errors,
      alerts: { raise: (alert) => void alerts.push(alert) },
      durability: { begin: () => 0, confirm: () => Promise.resolve() },
      catalog: new CatalogReader(stores.jobs, merged),
      clock: new FakeClock(),
      random: { next: () => 0.5 },
      ids: { next: () => `id-${String(++ids)}` },
    };
  }

  const redis = corner.connect();
  const services = open(redis, {});
  return {
    services,
    redis,
    namespace: corner.namespace,
    redisUrl: corner.url,
    admitted,
    reported,
    alerts,
    anotherProcess: (more = {}) => open(corner.connect(), more),
    async setClockOffset(ms) {
      await redis.set(keys.key('clock_offset'), String(ms));
    },
    key: keys.key,
    async registerExecutor(executor_id, lease_ms = 600_000) {
      await services.leases.register({ executor_id, lease_ms, places: 100, information: {} });
    },
    async runNext(body) {
      const id = admitted.shift();
      if (id === undefined) throw new Error('nothing was admitted');
      await run(services, id, body);
      return id;
    },
    async close() {
      await Promise.all(queues.map((queue) => queue.close()));
      await corner.cleanup();
      const [first] = unmet.splice(0);
      if (first !== undefined) throw first;
    },
  };
}

/** A definition with what these tests do not care about left to its default. */
export function define(
  job_id: string,
  more: Partial<Omit<AuthoredJobDefinition, 'dependencies'>> & {
    readonly after?: readonly (string | AuthoredDependency)[];
  } = {},
): JobDefinition {
  const { after = [], ...rest } = more;
  const dependencies = after.map((upstream) =>
    typeof upstream === 'string' ? { upstream_job_id: upstream } : upstream,
  );
  const authored = {
    job_id,
    job_type: 'INGESTION',
    pipeline_modules: ['ALPHA'],
    dependencies,
    ...rest,
  } as const;
  return resolveJobDefinition(authored as AuthoredJobDefinition, DEFAULT_CONFIG);
}

export function apply(
  services: Services,
  definitions: readonly JobDefinition[],
  more: Partial<ApplyRequest> = {},
): Promise<ApplyResult> {
  return applyDefinitions(services, { definitions, author: 'tester', ...more });
}

/** Registers a job as a build may have done that can evaluate what this one cannot. */
export async function registerUnchecked(
  services: Services,
  definition: JobDefinition,
  more: Pick<RegisterCommand['jobs'][number], 'schedule' | 'window'>,
): Promise<void> {
  const { job_id } = definition;
  const graphId = await services.jobs.graphId();
  const revision = ((await services.jobs.lastRevisions([job_id])).get(job_id) ?? 0) + 1;
  const written = { job_id, revision, definition: JSON.stringify(definition) };
  const registration = { ...written, author: 'another build', time: await services.schedules.now() };
  await services.jobs.register({
    ...(graphId === undefined ? {} : { expected_graph_id: graphId }),
    graph_id: `unchecked-${job_id}-${String(revision)}`,
    jobs: [{ registration, ...more }],
    removed: [],
    flushes: [],
    ends: {},
  });
}

/** Sets limits by name, those of pools as well. */
export function setLimits(services: Services, limits: ReadonlyMap<string, number>): Promise<void> {
  const isPool = (name: string): boolean => name.startsWith('pool:');
  return services.limits.change({
    limits: new Map([...limits].filter(([name]) => !isPool(name))),
    pools: [...limits]
      .filter(([name]) => isPool(name))
      .map(([name, limit]) => ({ name: name.slice('pool:'.length), pool_concurrency_limit: limit })),
  });
}

/** Triggers a job by hand. @returns the execution's id */
export async function trigger(
  services: Services,
  job_id: string,
  more: Partial<TriggerRequest> = {},
): Promise<string> {
  const result = await triggerJob(services, { job_id, actor: 'tester', ...more });
  if (!result.ok) throw new Error(`not triggered: ${JSON.stringify(result)}`);
  return result.execution_id;
}

/** A state that no runner can go on from. */
export const UNREADABLE = 'unreadable';

/** What bodies expected in vain: Phi takes it for a failure of theirs, and the test would not fail. */
const unmet: Error[] = [];
const isUnmet = (error: unknown): error is Error =>
  typeof error === 'object' && error !== null && 'matcherResult' in error;

export function runnerOf(body: Body): AttemptRunner {
  const run: AttemptRunner['run'] = async (attempt, hooks) => {
    try {
      return await body(attempt, hooks);
    } catch (error) {
      if (isUnmet(error)) unmet.push(error);
      throw error;
    }
  };
  return { run, canResume: (state) => state !== UNREADABLE };
}

export function succeedWith(outputs: Readonly<Record<string, string>> = {}): AttemptEnd {
  return { kind: 'succeeded', achieved: { records_processed: 1, records_failed: 0, metrics: {}, outputs } };
}

export function failWith(error_code: string): AttemptEnd {
  return { kind: 'failed', error_code, error_message: 'on purpose' };
}

/** Ends as a body does whose process dies. */
export function crash(error_code = 'EXEC_014_NATIVE_CRASH'): AttemptEnd {
  return {
    kind: 'failed',
    error_code,
    error_message: 'the process of the body ended by SIGSEGV',
    crashed: true,
  };
}

/** Ends when it is told to, and not before. */
export function untilStopped(signal: AbortSignal): Promise<AttemptEnd> {
  return new Promise((resolve) => {
    const stop = (): void => resolve({ kind: 'stopped', forced: false });
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
}

const UNLIMITED = { cpu_cores: null, memory_mb: null, disk_mb: null, network_bandwidth_mbps: null };

export function executorContext(
  services: Services,
  executor_id: string,
  body: Body,
  signal: AbortSignal = executorStop().signal,
): ExecutorContext {
  return {
    services,
    executor_id,
    runner: runnerOf(body),
    signal,
    cancellations: new Cancellations(),
    room: new ExecutorRoom(20, UNLIMITED),
    vitals: new Vitals(services.clock),
  };
}

/** Takes delivery of an execution on an executor that holds a lease. */
export function run(services: Services, executionId: string, body: Body): Promise<DeliveryOutcome> {
  return runAttempt(executorContext(services, 'executor', body), executionId);
}

export async function recordOf(services: Services, executionId: string): Promise<ExecutionRecord> {
  const record = await services.executions.get(executionId);
  if (record === undefined) throw new Error(`there is no execution ${executionId}`);
  return record;
}

/** The ids of a job's executions, newest first. */
export async function executionsOf(services: Services, job_id: string): Promise<readonly ExecutionRecord[]> {
  return (await services.executions.list({ job_id, limit: 1000 })).items;
}
