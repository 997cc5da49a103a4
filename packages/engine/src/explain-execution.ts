import {
  heartbeatMonitoring,
  replayExecution,
  traceExecution,
  type ExecutionRecord,
  type ExhaustedResource,
  type Explanation,
} from '@phi/core';

import { explainDependencies, readDependencies } from './explain-dependencies.js';
import { explainEnded } from './explain-ended.js';
import { explainQueue } from './explain-queue.js';
import { explainRunning } from './explain-running.js';
import { findHolds } from './find-holds.js';
import type { Services } from './services.js';
import { summarizeExplanation } from './summarize-explanation.js';
import { isUnplaceable } from './view-pools.js';
import { viewHold } from './view-hold.js';

/**
 * Why an execution is where it is, and how it came there: what holds it and since when, who has what it waits for, where it runs,
 * how it ended (docs/adr/0017-explain.md).
 *
 * @param options - `replay`: its verdicts are computed again from what they were decided from
 */
export async function explainExecution(
  services: Services,
  record: ExecutionRecord,
  options: { readonly replay: boolean },
): Promise<Explanation> {
  const [{ job, dependents }, definition, now, registered, gate] = await Promise.all([
    services.explanations.planned(record),
    services.catalog.definition(record.job_id, record.job_revision),
    services.schedules.now(),
    services.leases.list(),
    viewHold(services, record),
  ]);
  const planned = await readDependencies(services, record, job);
  const isQueued = record.status === 'QUEUED';
  const [dependencies, queue, is_unplaceable, exhausted] = await Promise.all([
    explainDependencies(services, record, planned),
    isQueued ? services.explanations.queueStanding(record) : undefined,
    isQueued && isUnplaceable(services, record),
    isQueued ? queuedForResources(services) : [],
  ]);
  const executors = registered.filter(
    ({ lease_expires }) => heartbeatMonitoring(lease_expires, now) === 'ALIVE',
  );
  const holds = findHolds({
    record,
    now,
    dependencies,
    gate,
    queue,
    executors,
    is_unplaceable,
    exhausted,
  });
  const [standing, running, ended] = await Promise.all([
    queue === undefined ? null : explainQueue(services, { record, now, queue, executors, holds }),
    explainRunning(services, record, definition, registered, now),
    explainEnded(services, record, dependents),
  ]);
  const explained = { holds, queue: standing, running, ended };
  return {
    execution_id: record.execution_id,
    job_id: record.job_id,
    run_id: record.run_id,
    status: record.status,
    attempt_number: record.attempt_number,
    summary: summarizeExplanation(record, explained, now),
    ...explained,
    dependencies,
    trace: traceExecution({ record, definition, job, dependencies: planned, holds, running }),
    replay: options.replay ? replayExecution({ record, job, dependencies: planned }) : null,
  };
}

/** The resources for which nothing is admitted now (docs/adr/0018-exhaustion.md). */
async function queuedForResources(services: Services): Promise<readonly ExhaustedResource[]> {
  const { exhausted } = await services.exhaustion.read();
  return exhausted.filter(({ in_force }) => in_force.includes('QUEUE_ALL'));
}
