import { nextFireTime, PhiError, type JobDefinition, type Schedule } from '@phi/core';

/**
 * The schedule of a definition; undefined where it has none, or one that this process cannot evaluate: a time zone may be
 * known to some versions of Node.js only.
 *
 * @param atMs - an instant that it is of interest at, epoch milliseconds
 */
export function evaluableSchedule(definition: JobDefinition | undefined, atMs: number): Schedule | undefined {
  const schedule = definition?.schedule ?? undefined;
  if (schedule === undefined) return undefined;
  try {
    nextFireTime(schedule, atMs, atMs);
    return schedule;
  } catch (error) {
    if (error instanceof PhiError && error.code.startsWith('SCHED_')) return undefined;
    throw error;
  }
}
