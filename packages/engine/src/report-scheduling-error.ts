import { deriveId, type SchedulingError } from '@phi/core';

import type { Services } from './services.js';

/** Enters an error in phi_scheduling_errors; the same error is one entry however often it is reported. */
export async function reportSchedulingError(services: Services, error: SchedulingError): Promise<void> {
  const { job_id, schedule_id, error_code, schedule_config } = error;
  const id = deriveId('scheduling-error', job_id, schedule_id, error_code, schedule_config);
  await services.errors.report('phi_scheduling_errors', { id, error_code, error });
}
