import {
  leaseMs,
  longestRunMs,
  type ExecutionRecord,
  type JobDefinition,
  type TimeoutError,
} from '@phi/core';

import type { Services } from './services.js';
import { viewCheckpoint } from './view-checkpoints.js';

/**
 * What is kept of an attempt that was stopped because its time was up (specification: Timeout Errors).
 *
 * @param now - Redis' time, epoch milliseconds
 */
export async function runTimeoutError(
  services: Services,
  record: ExecutionRecord,
  definition: JobDefinition,
  forced: boolean,
  now: number,
): Promise<TimeoutError> {
  const [last_heartbeat, checkpoint_available] = await Promise.all([
    lastHeartbeat(services, record, now),
    hasCheckpoint(services, record),
  ]);
  return {
    execution_id: record.execution_id,
    timeout_seconds: longestRunMs(definition) / 1000,
    elapsed_seconds: secondsBetween(record.started_time, now),
    last_heartbeat,
    checkpoint_available,
    termination_method: forced ? 'FORCED' : 'GRACEFUL',
  };
}

/** The same for one that waited in the queue for too long: nothing ran that would have had to be killed. */
export async function queueTimeoutError(
  services: Services,
  record: ExecutionRecord,
  timeout_seconds: number,
  now: number,
): Promise<TimeoutError> {
  return {
    execution_id: record.execution_id,
    timeout_seconds,
    elapsed_seconds: secondsBetween(record.queued_time, now),
    last_heartbeat: null,
    checkpoint_available: await hasCheckpoint(services, record),
    termination_method: 'GRACEFUL',
  };
}

/** The executor beats for what it runs: when it last renewed its lease. */
async function lastHeartbeat(
  services: Services,
  { executor_id }: ExecutionRecord,
  now: number,
): Promise<string | null> {
  const executors = await services.leases.list();
  const lease = executors.find((executor) => executor.executor_id === executor_id)?.lease_expires;
  return lease === undefined ? null : new Date(Math.min(now, lease - leaseMs(services.config))).toISOString();
}

/** Read anew: it may have saved one since it was claimed. */
async function hasCheckpoint(services: Services, { execution_id }: ExecutionRecord): Promise<boolean> {
  const record = await services.executions.get(execution_id);
  return record !== undefined && (await viewCheckpoint(services, record)) !== null;
}

function secondsBetween(since: number | undefined, until: number): number {
  return since === undefined ? 0 : Math.max(0, until - since) / 1000;
}
