import type { Execution, ExecutionRecord } from '@phi/core';

import { nextOpening } from './job-window.js';
import type { Services } from './services.js';

/** What keeps an execution before the gate (docs/adr/0009-the-gate.md), until when or behind which; null where nothing does. */
export async function viewHold(services: Services, record: ExecutionRecord): Promise<Execution['hold']> {
  const { hold, status } = record;
  if (hold === undefined || status !== 'PENDING') return null;
  if (hold === 'WINDOW') {
    const until = await opening(services, record.job_id);
    return until === undefined ? { by: hold } : { by: hold, until: new Date(until).toISOString() };
  }
  const behind = await services.executions.aheadOf(record);
  return behind === undefined ? { by: hold } : { by: hold, behind };
}

/** The gate goes by the job as it is registered now, not as it was when the execution was created. */
async function opening(services: Services, jobId: string): Promise<number | undefined> {
  const [catalog, now] = await Promise.all([services.catalog.current(), services.schedules.now()]);
  const job = catalog.jobs.get(jobId);
  return job === undefined
    ? undefined
    : nextOpening(job.definition, now, services.config.SCHEDULER_TIMEZONE_DEFAULT);
}
