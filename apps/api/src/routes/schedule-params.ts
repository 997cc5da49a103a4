import { derivedIdentifier } from '@phi/core';
import type { ScheduledJob, Services } from '@phi/engine';
import * as z from 'zod';

import type { HttpProblem } from '../http/http-problem.js';
import { notFoundAmong } from '../http/not-found.js';

/** Path parameters of the routes of one schedule. */
export const scheduleParams = z.strictObject({ schedule_id: derivedIdentifier });

/** @throws HttpProblem 404 with names that are like it */
export async function findSchedule(services: Services, scheduleId: string): Promise<ScheduledJob> {
  const schedule = (await services.catalog.current()).schedules().get(scheduleId);
  if (schedule === undefined) throw await noSchedule(services, scheduleId);
  return schedule;
}

export async function noSchedule(services: Services, scheduleId: string): Promise<HttpProblem> {
  const known = (await services.catalog.current()).schedules().keys();
  return notFoundAmong('schedule', 'schedule_id', scheduleId, known);
}
