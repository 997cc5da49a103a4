import { derivedIdentifier } from '@phi/core';
import type { ScheduledJob, Services } from '@phi/engine';
import * as z from 'zod';

import type { HttpProblem } from '../http/http-problem.js';
import { nearNames, notFoundNear } from '../http/not-found.js';

/** Path parameters of the routes of one schedule. */
export const scheduleParams = z.strictObject({ schedule_id: derivedIdentifier });

/** @throws HttpProblem 404 with names that are like it */
export async function findSchedule(services: Services, scheduleId: string): Promise<ScheduledJob> {
  const schedule = (await services.catalog.current()).schedules().get(scheduleId);
  if (schedule === undefined) throw await noSchedule(services, scheduleId);
  return schedule;
}

/** A name that is like that of a job may mean the job's schedule. */
export async function noSchedule(services: Services, scheduleId: string): Promise<HttpProblem> {
  const schedules = (await services.catalog.current()).schedules();
  const byJob = new Map([...schedules].map(([id, { job_id }]) => [job_id, id]));
  const near = nearNames(scheduleId, schedules.keys());
  const nearJobs = near.length > 0 ? [] : nearNames(scheduleId, byJob.keys());
  const meant = [...near, ...nearJobs.flatMap((jobId) => byJob.get(jobId) ?? [])];
  return notFoundNear('schedule', 'schedule_id', scheduleId, meant);
}
