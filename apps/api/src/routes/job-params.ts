import { identifier } from '@phi/core';
import type { RegisteredJob, Services } from '@phi/engine';
import * as z from 'zod';

import { notFoundAmong } from '../http/not-found.js';

/** Path parameters of the routes of one job. */
export const jobParams = z.strictObject({ job_id: identifier });

/** @throws HttpProblem 404 with names that are like it */
export async function findJob(services: Services, jobId: string): Promise<RegisteredJob> {
  const { jobs } = await services.catalog.current();
  const job = jobs.get(jobId);
  if (job === undefined) throw notFoundAmong('job', 'job_id', jobId, jobs.keys());
  return job;
}
