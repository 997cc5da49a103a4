import type { Execution, ExecutionRecord } from '@phi/core';

import type { Services } from './services.js';

export type VitalsView = Pick<Execution, 'last_heartbeat' | 'stage' | 'records_processed'>;

const UNKNOWN: VitalsView = { last_heartbeat: null, stage: null, records_processed: null };

/** How a body that runs is, as its executor last reported it (Rule 13); null where none runs, or before the first report. */
export async function viewVitals(services: Services, record: ExecutionRecord): Promise<VitalsView> {
  const { status, executor_id, execution_id } = record;
  if (status !== 'RUNNING' || executor_id === undefined) return UNKNOWN;
  const vitals = await services.leases.vitals(executor_id, execution_id);
  if (vitals === undefined) return UNKNOWN;
  return {
    last_heartbeat: new Date(vitals.last_heartbeat).toISOString(),
    stage: vitals.stage ?? null,
    records_processed: vitals.records_processed ?? null,
  };
}
