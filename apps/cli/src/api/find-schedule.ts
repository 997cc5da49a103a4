import { segment } from '@phi/client';

import { CliError } from '../cli-error.js';
import type { ApiClient } from './api-client.js';
import { registeredJobSchema } from './job.js';
import { scheduleSchema } from './schedule.js';

/**
 * The id of a schedule that is named by itself or by its job.
 *
 * @returns what was given where it names neither: what is not registered any more still has its history
 * @throws CliError for a job without a schedule
 */
export async function findScheduleId(api: ApiClient, name: string): Promise<string> {
  const schedule = await api.find(`/v1/schedules/${segment(name)}`, scheduleSchema);
  if (schedule !== undefined) return schedule.schedule_id;
  const job = await api.find(`/v1/jobs/${segment(name)}`, registeredJobSchema);
  if (job === undefined) return name;
  if (job.schedule !== null) return job.schedule.schedule_id;
  throw CliError.failed([`the job ${name} has no schedule; \`phi ls schedules\` lists those there are`]);
}
