import type { ErrorEntryAnswer, ErrorQueuesAnswer } from '../api/errors.js';
import { formatRelative } from '../output/duration.js';
import { table } from '../output/table.js';
import { shortened } from './shortened.js';

/** How full each queue is, as a table. */
export function describeErrorQueues({ items }: ErrorQueuesAnswer): string {
  const rows = items.map(({ queue, entries, dropped, capacity, retention_hours }) => [
    queue,
    entries,
    capacity,
    dropped,
    `${String(retention_hours)} h`,
  ]);
  return table(['QUEUE', 'ENTRIES', 'CAPACITY', 'DROPPED', 'KEPT'], rows);
}

/** Entries of a queue as a table. */
export function describeErrors(entries: readonly ErrorEntryAnswer[], now: number): string {
  const rows = entries.map(({ id, time, error_code, error }) => [
    id,
    error.job_id,
    error_code,
    formatRelative(time, now),
    shortened(error.error_message ?? error.resolution_hint ?? ''),
  ]);
  return table(['ID', 'JOB', 'CODE', 'ENTERED', 'MESSAGE'], rows);
}
