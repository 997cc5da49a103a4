import type { ExecutionRecord } from '@phi/core';

import type { Services } from './services.js';

/** A job of a remote module that an execution waits for. */
export interface RemoteJobView {
  readonly module: string;
  readonly url: string;
  /** Null until its submission is answered. */
  readonly ref: string | null;
  readonly since: string;
}

/** The jobs of remote modules that a running execution waits for. */
export async function viewRemoteJobs(services: Services, record: ExecutionRecord): Promise<RemoteJobView[]> {
  if (record.status !== 'RUNNING') return [];
  const definition = await services.catalog.definition(record.job_id, record.job_revision);
  const chain = record.parent_execution_id ?? record.execution_id;
  const jobs = await services.remoteJobs.ofChain(chain, definition?.pipeline_modules ?? []);
  return jobs.map(({ stage, url, ref, since }) => ({
    module: stage,
    url,
    ref: ref ?? null,
    since: new Date(since).toISOString(),
  }));
}
