import { setTimeout as sleep } from 'node:timers/promises';

import {
  isRedisAway,
  PhiError,
  redisFailure,
  type Alert,
  type Alerts,
  type Delivery,
  type Durability,
  type ErrorQueueName,
  type ErrorReport,
  type ErrorReporter,
} from '@phi/core';
import { CatalogReader, carryOn, decideConditions, type Services } from '@phi/engine';
import { BullDeliveryQueue, BullErrorQueues, BullStageJobs } from '@phi/queues';
import { connectRedis, DurabilityBarrier, NOT_WAITING, openStores, type RedisConnection } from '@phi/store';
import { systemClock, systemIds, systemRandom, type Logger } from '@phi/telemetry';

import type { Environment } from './environment.js';
import { openAlerts } from './alerts/open-alerts.js';
import { tellConnection, tellFailure } from './tell-connection.js';

/** The use cases' services over a real Redis, and how to close them. */
export interface OpenServices {
  readonly services: Services;
  readonly redis: RedisConnection;
  readonly close: () => Promise<void>;
}

/** Wires the stores and queues of a namespace to the engine. Commands fail until Redis answers; see {@link waitForRedis}. */
export function openServices(environment: Environment, log: Logger): OpenServices {
  const { redisUrl, namespace, config } = environment;
  const told = tellConnection(log);
  const redis = connectRedis(redisUrl, told.onStateChange);
  const delivery = new BullDeliveryQueue({
    redisUrl,
    namespace,
    onError: (error) => log.debug({ err: error }, 'delivery queue'),
  });
  const stageJobs = new BullStageJobs({
    redisUrl,
    namespace,
    onError: (error) => log.debug({ err: error }, "modules' queues"),
  });
  const errorQueues = new BullErrorQueues({
    redisUrl,
    namespace,
    config,
    onError: (error) => log.debug({ err: error }, 'error queues'),
  });
  const stores = openStores(redis, namespace, {
    onAdmitted: (deliveries) => void deliver(delivery, deliveries, log),
    onMore: () => carryOnAtOnce(),
    onConditions: () => decideAtOnce(),
    onUnreadable: (execution_id, error) => log.error({ err: error, execution_id }, 'record cannot be read'),
  });
  // What fails here is carried on by the scheduler.
  const carryOnAtOnce = oneAtATime(() => carryOn(services));
  const decideAtOnce = oneAtATime(() => decideConditions(services));
  const catalog = new CatalogReader(stores.jobs, config);
  const alerts = openAlerts(environment, log);
  const durability = openDurability(environment, redis);
  const services: Services = {
    namespace,
    config,
    isDevelopment: environment.isDevelopment === true,
    catalog,
    delivery,
    stageJobs,
    errors: alerting(errorQueues, alerts),
    errorQueues,
    alerts: { raise: (alert) => alerts.raise(alert) },
    durability,
    clock: systemClock,
    random: systemRandom,
    ids: systemIds,
    ...stores,
  };
  return {
    services,
    redis,
    async close() {
      told.stop();
      durability.close?.();
      await Promise.all([delivery.close(), stageJobs.close(), errorQueues.close(), alerts.close()]);
      redis.disconnect();
    },
  };
}

/** On a connection of its own, of which the other one tells. */
function openDurability(
  { redisUrl, namespace, config }: Environment,
  redis: RedisConnection,
): Durability & { readonly close?: () => void } {
  if (config.DURABILITY === 'NONE') return NOT_WAITING;
  const waiting = connectRedis(redisUrl, () => undefined, config.DURABILITY_TIMEOUT_MS);
  return new DurabilityBarrier(waiting, redis, namespace, config);
}

/**
 * Starts work that is asked for again and again: what is asked for while it is under way is done once after it.
 * Errors are swallowed.
 */
function oneAtATime(work: () => Promise<unknown>): () => void {
  let running = false;
  let again = false;
  const run = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await work().catch(() => undefined);
    } while (again);
    running = false;
  };
  return () => {
    again = true;
    if (!running) void run();
  };
}

const ALERT_OF = {
  phi_scheduling_errors: 'SCHEDULING_ERROR',
  phi_dependency_errors: 'DEPENDENCY_ERROR',
  phi_execution_errors: 'EXECUTION_ERROR',
  phi_dead_letter: 'DEAD_LETTER',
} as const satisfies Record<ErrorQueueName, Alert['kind']>;

/** Operators are told of every error that is entered in a queue (specification: Scheduling Errors, Handling). */
function alerting(errors: ErrorReporter, alerts: Alerts): ErrorReporter {
  return {
    async report(queue, report) {
      alerts.raise(alertOf(queue, report));
      await errors.report(queue, report);
    },
    withdraw: (queue, ids) => errors.withdraw(queue, ids),
  };
}

function alertOf(queue: ErrorQueueName, { id, error_code, error }: ErrorReport): Alert {
  const severity = queue === 'phi_execution_errors' ? 'warning' : 'critical';
  const message = `an error was entered in ${queue}`;
  return { kind: ALERT_OF[queue], severity, subject: id, error_code, message, context: error };
}

/** What is lost here is delivered again after its claim deadline. */
async function deliver(
  delivery: BullDeliveryQueue,
  deliveries: readonly Delivery[],
  log: Logger,
): Promise<void> {
  try {
    await delivery.deliver(deliveries);
  } catch (error) {
    const about = { executions: deliveries.length };
    tellFailure(log, error, about, 'delivery failed; it is repeated after the claim deadline');
  }
}

const PAUSE_MS = 500;

/** Resolves when Redis answers and holds its data in memory, however long that takes. */
export async function waitForRedis(redis: RedisConnection): Promise<void> {
  for (;;) {
    const answer = await redis.ping().catch(() => undefined);
    if (answer === 'PONG') return;
    await sleep(PAUSE_MS);
  }
}

/**
 * Repeats a call of a service's start until Redis answers it: a connection that is lost again right away ends no service. What is wrong with
 * the data, or with the call, stays wrong.
 *
 * @throws Error what the call has thrown, where that does not say that Redis is away
 */
export async function untilRedisAnswers<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (error instanceof PhiError) throw error;
      if (!isRedisAway(error) && redisFailure(error) === undefined) throw error;
      await sleep(PAUSE_MS);
    }
  }
}
