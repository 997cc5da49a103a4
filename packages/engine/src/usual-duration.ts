import { percentile, type ExecutionRecord } from '@phi/core';

import type { Services } from './services.js';

/** Executions that the usual duration of a job is taken from. */
const SAMPLE = 100;
/** Pages of its executions that are looked through for them: most of a job's executions may not have completed. */
const PAGES = 5;
const USUAL = 0.95;

/**
 * How long a job usually takes: the 95th percentile of its latest completed executions.
 *
 * @returns milliseconds; undefined where none of the latest has completed
 */
export async function usualDuration(services: Services, jobId: string): Promise<number | undefined> {
  const durations: number[] = [];
  let cursor: string | undefined;
  for (let page = 0; page < PAGES && durations.length < SAMPLE; page++) {
    const asked = { job_id: jobId, limit: SAMPLE, ...(cursor === undefined ? {} : { cursor }) };
    const { items, next_cursor } = await services.executions.list(asked);
    durations.push(...items.flatMap(durationOf));
    cursor = next_cursor;
    if (cursor === undefined) break;
  }
  return percentile(durations.slice(0, SAMPLE), USUAL);
}

function durationOf({ status, started_time, completed_time }: ExecutionRecord): number[] {
  if (status !== 'COMPLETED' || started_time === undefined || completed_time === undefined) return [];
  return [completed_time - started_time];
}
