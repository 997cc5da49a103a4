import type { LedgerEntry } from '../ports/schedule-store.js';

/**
 * The job that a schedule was of at each entry of its ledger: schedules change hands, and the oldest marks are not kept.
 *
 * @param entries - oldest first
 * @param jobIdNow - of the schedule as it stands
 */
export function jobsOfEntries(entries: readonly LedgerEntry[], jobIdNow: string): readonly string[] {
  const firstMark = entries.find((entry) => entry.kind !== 'RUN');
  let job_id = firstMark?.job_id ?? jobIdNow;
  return entries.map((entry) => {
    if (entry.kind === 'BEGIN') job_id = entry.job_id;
    return job_id;
  });
}
