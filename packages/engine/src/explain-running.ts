import {
  heartbeatMonitoring,
  longestRunMs,
  type ExecutionLimit,
  type ExecutionRecord,
  type ExecutorRecord,
  type Explanation,
  type JobDefinition,
} from '@phi/core';

import type { Services } from './services.js';
import { usualDuration } from './usual-duration.js';
import { viewVitals } from './view-vitals.js';

/** Where an execution runs and for how long still (specification: Rules 12 and 13); null where it does not. */
export async function explainRunning(
  services: Services,
  record: ExecutionRecord,
  definition: JobDefinition | undefined,
  executors: readonly ExecutorRecord[],
  now: number,
): Promise<Explanation['running']> {
  const { status, started_time, executor_id = '', cancel } = record;
  if ((status !== 'RUNNING' && status !== 'COMPLETING') || started_time === undefined) return null;
  const lease = executors.find((executor) => executor.executor_id === executor_id)?.lease_expires;
  const [usualMs, vitals] = await Promise.all([
    usualDuration(services, record.job_id),
    viewVitals(services, record),
  ]);
  return {
    executor_id,
    alive: heartbeatMonitoring(lease, now) === 'ALIVE',
    lease_expires: isoOrNull(lease),
    since: new Date(started_time).toISOString(),
    usual_seconds: usualMs === undefined ? null : usualMs / 1000,
    times_out: isoOrNull(terminationTime(started_time, definition)),
    cancel_asked: isoOrNull(cancel?.[0]),
    ...vitals,
  };
}

/** Undefined where nothing terminates it. */
function terminationTime(startedMs: number, limit: ExecutionLimit | undefined): number | undefined {
  const longestMs = limit === undefined ? Infinity : longestRunMs(limit);
  return longestMs === Infinity ? undefined : startedMs + longestMs;
}

function isoOrNull(instantMs: number | undefined): string | null {
  return instantMs === undefined ? null : new Date(instantMs).toISOString();
}
