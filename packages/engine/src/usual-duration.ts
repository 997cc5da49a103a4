import { percentile } from '@phi/core';

import type { Services } from './services.js';

/** Executions that the usual duration of a job is taken from. */
const SAMPLE = 100;
const USUAL = 0.95;

/**
 * How long a job usually takes: the 95th percentile of its latest completed executions.
 *
 * @returns milliseconds; undefined where none has completed
 */
export async function usualDuration(services: Services, jobId: string): Promise<number | undefined> {
  const { items } = await services.executions.list({ job_id: jobId, status: 'COMPLETED', limit: SAMPLE });
  const durations = items.flatMap(({ started_time, completed_time }) =>
    started_time === undefined || completed_time === undefined ? [] : [completed_time - started_time],
  );
  return percentile(durations, USUAL);
}
