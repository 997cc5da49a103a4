import type { UsageSample } from './resource-state.js';

/**
 * The share in use over about the last so many seconds, the latest counting most. It starts from nothing: a resource that was never
 * seen idle must be busy for a while before it counts as such.
 *
 * @param before - what this returned last; undefined for the first sample
 * @param window_seconds - after this long a change shows to 63 %
 */
export function smoothUsage(
  before: UsageSample | undefined,
  { usage, at_ms }: UsageSample,
  window_seconds: number,
): UsageSample {
  if (before === undefined) return { usage: 0, at_ms };
  const seconds = Math.max(0, at_ms - before.at_ms) / 1000;
  const weight = 1 - Math.exp(-seconds / window_seconds);
  return { usage: before.usage + weight * (usage - before.usage), at_ms };
}
