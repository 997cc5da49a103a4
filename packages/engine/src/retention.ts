import type { JobType, PhiConfig } from '@phi/core';

import type { Catalog } from './catalog.js';

const DAY_MS = 86_400_000;

type RetentionConfig = Pick<PhiConfig, 'HISTORY_RETENTION_DAYS' | `HISTORY_RETENTION_DAYS_${JobType}`>;

/**
 * How long a run is kept for one of its jobs after it has ended, in milliseconds (specification: History Retention): as the job says, as it is
 * registered now; else as its job type says; else as all.
 *
 * @param jobType - that of the execution, for a job that is not registered any more
 */
export function retentionMs(
  config: RetentionConfig,
  catalog: Pick<Catalog, 'jobs'>,
  jobId: string,
  jobType: string,
): number {
  const own = catalog.jobs.get(jobId)?.definition.history_retention?.retention_days;
  const ofType = config[`HISTORY_RETENTION_DAYS_${jobType as JobType}`];
  return (own ?? ofType ?? config.HISTORY_RETENTION_DAYS) * DAY_MS;
}

/** The shortest time that any run is kept, in milliseconds: what ended later than that ago need not be looked at. */
export function shortestRetentionMs(config: RetentionConfig, catalog: Pick<Catalog, 'jobs'>): number {
  const own = [...catalog.jobs.values()].flatMap(
    ({ definition }) => definition.history_retention?.retention_days ?? [],
  );
  const ofTypes = [
    config.HISTORY_RETENTION_DAYS_INGESTION,
    config.HISTORY_RETENTION_DAYS_TRANSFORMATION,
    config.HISTORY_RETENTION_DAYS_OUTPUT,
    config.HISTORY_RETENTION_DAYS_COMPOSITE,
  ].filter((days) => days !== null);
  const days = [config.HISTORY_RETENTION_DAYS, ...ofTypes, ...own];
  return days.reduce((least, value) => Math.min(least, value)) * DAY_MS;
}
