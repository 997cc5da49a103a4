import type { Services } from './services.js';
import { usualDuration } from './usual-duration.js';

/** Histories that are read at the same time. */
const READ_AT_ONCE = 20;

/**
 * How long each of some jobs usually takes.
 *
 * @returns milliseconds by job_id, without the jobs of which none has completed
 */
export async function usualDurations(
  services: Services,
  jobIds: readonly string[],
): Promise<Map<string, number>> {
  const durations = new Map<string, number>();
  for (let at = 0; at < jobIds.length; at += READ_AT_ONCE) {
    const group = jobIds.slice(at, at + READ_AT_ONCE);
    const found = await Promise.all(group.map((jobId) => usualDuration(services, jobId)));
    group.forEach((jobId, index) => {
      const duration = found[index];
      if (duration !== undefined) durations.set(jobId, duration);
    });
  }
  return durations;
}
