import type { StreamEntry } from '@phi/core';

import { reportSchedulingError } from './report-scheduling-error.js';
import type { Services } from './services.js';

/** An entry that no trying again would make an event. */
export interface RejectedEntry {
  /** Of the triggers that wait for it. */
  readonly source: string;
  readonly entry: StreamEntry;
  readonly reason: string;
}

/** Reports an entry of a stream to each job that would have been started by it (specification: Scheduling Errors). */
export async function rejectStreamEntry(
  services: Services,
  { source, entry, reason }: RejectedEntry,
): Promise<void> {
  const { triggers } = await services.catalog.cachedOrRead();
  const detection_time = new Date(await services.schedules.now()).toISOString();
  const reports = (triggers.get(source) ?? []).map(({ job_id, trigger_id }) =>
    reportSchedulingError(services, {
      job_id,
      schedule_id: trigger_id,
      error_code: 'SCHED_008_EVENT_REJECTED',
      error_message: `entry ${entry.id}: ${reason}`,
      schedule_config: JSON.stringify({ source, entry_id: entry.id }),
      detection_time,
    }),
  );
  await Promise.all(reports);
}
