import {
  resolveJobDefinition,
  type Attempt,
  type AttemptEnd,
  type AttemptRunner,
  type AuthoredJobDefinition,
} from '@phi/core';
import {
  applyDefinitions,
  Cancellations,
  ExecutorRoom,
  Vitals,
  executorStop,
  runAttempt,
  triggerJob,
  type Services,
} from '@phi/engine';
import { ExecutionWorker } from '@phi/queues';
import { openServices, readEnvironment, waitForRedis } from '@phi/service';
import { createLogger } from '@phi/telemetry';

import type { Contender } from './contender.js';

const ENDED: AttemptEnd = {
  kind: 'succeeded',
  achieved: { records_processed: 0, records_failed: 0, metrics: {}, outputs: {} },
};
const EXECUTOR = 'bench';
/** The most there can be: a round's triggers come faster than its executions end, and no one is to be refused. */
const QUEUE_CAPACITY = '100000';

export interface PhiContender extends Contender {
  readonly services: Services;
  /** Told of every body that starts. */
  onBody(listener: (attempt: Attempt) => void): void;
  /** Told of every attempt whose end is recorded. */
  onRecorded(listener: (attempt: { readonly job_id: string; readonly execution_id: string }) => void): void;
}

export interface PhiOptions {
  readonly redisUrl: string;
  readonly namespace: string;
  /** Bodies at once. */
  readonly concurrency: number;
  /** What the executor offers: as many are admitted, and one more for each. */
  readonly places: number;
  readonly jobs: readonly AuthoredJobDefinition[];
  /** Limits to set, by name. */
  readonly limits: Readonly<Record<string, number>>;
}

/** Phi whole, in this process: trigger, admission, BullMQ, claim, body, completion. */
export async function openPhi(options: PhiOptions): Promise<PhiContender> {
  const read = readEnvironment({
    REDIS_URL: options.redisUrl,
    PHI_NAMESPACE: options.namespace,
    EXECUTOR_QUEUE_CAPACITY: QUEUE_CAPACITY,
  });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { services, redis, close } = openServices(read.environment, createLogger('bench', 'error'));
  await waitForRedis(redis);
  let onBody: (attempt: Attempt) => void = () => undefined;
  let onRecorded: (attempt: { job_id: string; execution_id: string }) => void = () => undefined;
  const runner: AttemptRunner = {
    run(attempt) {
      onBody(attempt);
      return Promise.resolve(ENDED);
    },
    canResume: () => true,
  };
  await applyDefinitions(services, {
    definitions: options.jobs.map((job) => resolveJobDefinition(job, services.config)),
    author: 'bench',
  });
  const limits = Object.entries(options.limits);
  await services.limits.change({
    limits: new Map(limits.filter(([name]) => !isPool(name))),
    pools: limits
      .filter(([name]) => isPool(name))
      .map(([name, limit]) => ({ name: name.slice(POOL.length), pool_concurrency_limit: limit })),
  });
  await services.leases.register({
    executor_id: EXECUTOR,
    lease_ms: 3_600_000,
    places: options.places,
    information: {},
  });
  const neverStopped = executorStop().signal;
  const cancellations = new Cancellations();
  const room = new ExecutorRoom(options.places, {
    cpu_cores: null,
    memory_mb: null,
    disk_mb: null,
    network_bandwidth_mbps: null,
  });
  const vitals = new Vitals(services.clock);
  const worker = new ExecutionWorker({
    redisUrl: options.redisUrl,
    namespace: options.namespace,
    concurrency: options.concurrency,
    pools: [],
    async onDelivery(executionId) {
      const outcome = await runAttempt(
        { services, runner, executor_id: EXECUTOR, signal: neverStopped, cancellations, room, vitals },
        executionId,
      );
      if (outcome.kind === 'recorded') onRecorded(outcome.execution);
    },
    onError: (error) => process.stderr.write(`${error.message}\n`),
  });
  return {
    name: 'Phi',
    services,
    onBody: (listener) => void (onBody = listener),
    onRecorded: (listener) => void (onRecorded = listener),
    async run(count, inFlight) {
      const job_id = options.jobs[0]?.job_id ?? '';
      let done = 0;
      const allDone = new Promise<void>((resolve) => {
        onRecorded = () => {
          done += 1;
          if (done === count) resolve();
        };
      });
      for (let at = 0; at < count; at += inFlight) {
        const results = await Promise.all(
          Array.from({ length: Math.min(inFlight, count - at) }, () =>
            triggerJob(services, { job_id, actor: 'bench' }),
          ),
        );
        const refused = results.find((result) => !result.ok);
        if (refused !== undefined) throw new Error(JSON.stringify(refused));
      }
      await allDone;
    },
    async close() {
      await worker.close(5000);
      await close();
    },
  };
}

const POOL = 'pool:';

function isPool(name: string): boolean {
  return name.startsWith(POOL);
}
