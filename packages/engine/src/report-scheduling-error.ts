import { deriveId, type SchedulingError } from '@phi/core';

import type { Services } from './services.js';

/**
 * Enters an error in `phi_scheduling_errors` (specification: Scheduling Errors). Its id follows from what is wrong with which
 * schedule: reported again, later or by another scheduler, it is the same entry.
 *
 * @throws Error while Redis is away; the report can be repeated
 */
export async function reportSchedulingError(
  services: Pick<Services, 'errors'>,
  error: SchedulingError,
): Promise<void> {
  const { job_id, schedule_id, error_code, schedule_config } = error;
  const id = deriveId('scheduling-error', job_id, schedule_id, error_code, schedule_config);
  await services.errors.report('phi_scheduling_errors', { id, error_code, error });
}
