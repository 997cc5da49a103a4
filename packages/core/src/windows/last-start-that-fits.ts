import type { OpenHours } from './window-at.js';

/**
 * The last instant at which what takes so long can still start and end before the hours close (specification: Rule 17).
 *
 * @param durationMs - such as the 95th percentile of how long a job has taken, in milliseconds
 * @returns epoch milliseconds; undefined if it is too long for these hours altogether
 */
export function lastStartThatFits(
  { opens_ms, closes_ms }: OpenHours,
  durationMs: number,
): number | undefined {
  // The instant at which they close is outside.
  const last = closes_ms - Math.max(durationMs, 1);
  return last >= opens_ms ? last : undefined;
}
