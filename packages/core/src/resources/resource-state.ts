/** When a resource counts as exhausted, and when it has recovered. */
export interface ResourceLimits {
  /** The share in use from which on it is exhausted, 0-1; 0: it is not watched. */
  readonly threshold: number;
  /** It has recovered below the threshold times this, 0-1: so that it does not flicker. */
  readonly recovery_ratio: number;
}

export interface UsageSample {
  /** The share in use, 0-1. */
  readonly usage: number;
  /** Milliseconds of whatever clock; only differences count. */
  readonly at_ms: number;
}

export interface ResourceState extends UsageSample {
  readonly exhausted: boolean;
  /** How the share changes in a second, smoothed; absent after the first sample. */
  readonly trend?: number;
}

/** How much of a new trend replaces the old one. */
const TREND_WEIGHT = 0.5;

/**
 * Takes a sample of a resource into account: it is exhausted from its threshold on, until it falls below the level of recovery
 * (specification: Resource Exhaustion Errors).
 *
 * @param before - undefined for the first sample
 */
export function nextResourceState(
  before: ResourceState | undefined,
  { usage, at_ms }: UsageSample,
  limits: ResourceLimits,
): ResourceState {
  const level = before?.exhausted === true ? recoveryLevel(limits) : limits.threshold;
  const exhausted = limits.threshold > 0 && usage >= level;
  const trend = before === undefined ? undefined : nextTrend(before, { usage, at_ms });
  return { usage, at_ms, exhausted, ...(trend === undefined ? {} : { trend }) };
}

/** Seconds until an exhausted resource has recovered if it goes on as it does; null where it does not fall. */
export function estimatedRecoverySeconds(
  { usage, trend = 0, exhausted }: ResourceState,
  limits: ResourceLimits,
): number | null {
  if (!exhausted || trend >= 0) return null;
  const seconds = Math.ceil((usage - recoveryLevel(limits)) / -trend);
  return seconds <= ESTIMATED_AT_MOST_SECONDS ? Math.max(0, seconds) : null;
}

/** What falls more slowly than this does not tell when it ends. */
const ESTIMATED_AT_MOST_SECONDS = 86_400;

function recoveryLevel({ threshold, recovery_ratio }: ResourceLimits): number {
  return threshold * recovery_ratio;
}

function nextTrend(before: ResourceState, { usage, at_ms }: UsageSample): number | undefined {
  const seconds = (at_ms - before.at_ms) / 1000;
  if (seconds <= 0) return before.trend;
  const current = (usage - before.usage) / seconds;
  return before.trend === undefined ? current : before.trend + TREND_WEIGHT * (current - before.trend);
}
