import type { ExecutorRecord, OrchestrationHealthStatus } from '@phi/core';

import { integrityStatus } from './integrity-status.js';
import { redisStatus } from './redis-status.js';
import { resourceStatus } from './resource-status.js';
import { schedulerStatus } from './scheduler-status.js';
import type { Services } from './services.js';
import { viewExhaustion } from './view-exhaustion.js';

/** The state of the whole namespace (specification: Health Check Integration). */
export async function readHealth(services: Services): Promise<OrchestrationHealthStatus> {
  const [counts, hour, day, executors, catalog, scheduler, exhausted, repairs, now, redis] =
    await Promise.all([
      services.executions.countByStatus(),
      services.statistics.outcomes(1),
      services.statistics.outcomes(24),
      services.leases.list(),
      services.catalog.current(),
      schedulerStatus(services),
      viewExhaustion(services),
      services.integrity.repairs(),
      services.schedules.now(),
      redisStatus(services),
    ]);
  const executor = executorStatus(executors, now);
  const resolver = catalog.graph.is_valid ? 'HEALTHY' : 'DEGRADED: the graph has a cycle';
  const integrity = integrityStatus(repairs, now);
  const resources = resourceStatus(exhausted);
  return {
    overall_status: overall([scheduler, executor, resolver, integrity, resources, redis]),
    scheduler_status: scheduler,
    executor_status: executor,
    dependency_resolver_status: resolver,
    integrity_status: integrity,
    resource_status: resources,
    exhausted_resources: [...exhausted],
    redis_status: redis,
    active_executions: counts.RUNNING + counts.COMPLETING,
    queued_jobs: counts.QUEUED,
    error_rate_1h: share(hour, ['FAILED', 'TIMEOUT'], 0),
    success_rate_24h: share(day, ['COMPLETED'], 1),
  };
}

function executorStatus(executors: readonly ExecutorRecord[], now: number): string {
  const live = executors.filter((executor) => executor.lease_expires > now);
  if (live.length === 0) return 'UNHEALTHY: no executor holds a lease';
  const lapsed = executors.length - live.length;
  return lapsed === 0
    ? 'HEALTHY'
    : `DEGRADED: ${String(lapsed)} of ${String(executors.length)} executors let their lease run out`;
}

function overall(parts: readonly string[]): OrchestrationHealthStatus['overall_status'] {
  if (parts.some((part) => part.startsWith('UNHEALTHY'))) return 'UNHEALTHY';
  return parts.some((part) => part.startsWith('DEGRADED')) ? 'DEGRADED' : 'HEALTHY';
}

const ENDED = ['COMPLETED', 'FAILED', 'TIMEOUT'];

/** @param whenNone - the share where nothing ended */
function share(
  outcomes: Readonly<Record<string, number>>,
  counted: readonly string[],
  whenNone: number,
): number {
  const sum = (statuses: readonly string[]): number =>
    statuses.reduce((total, status) => total + (outcomes[status] ?? 0), 0);
  const total = sum(ENDED);
  return total === 0 ? whenNone : sum(counted) / total;
}
