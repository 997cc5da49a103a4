import { firingsPerSecond, PhiError, type JobDefinition } from '@phi/core';

import type { RegisteredJob } from './registered-job.js';

/** How often the schedule of a job asks to fire, in firings a second. */
export interface FiringRate {
  readonly job_id: string;
  readonly schedule_id: string;
  readonly firings_per_second: number;
}

export interface TooFrequent {
  /** All schedules together, as they would be. */
  readonly firings_per_second: number;
  /** Those that ask most, the most first. */
  readonly most: readonly FiringRate[];
}

const NAMED_AT_MOST = 5;
/** What adding up many small numbers may be off by, as a share. */
const ROUNDING = 1e-9;

/** What the schedules of registered jobs ask for, computed once for each revision. */
export class FiringRates {
  private readonly known = new Map<string, { readonly revision: number; readonly rate: FiringRate }>();

  of({ job_id, revision, definition }: RegisteredJob): FiringRate {
    const known = this.known.get(job_id);
    if (known?.revision === revision) return known.rate;
    const rate = firingRate(definition);
    this.known.set(job_id, { revision, rate });
    return rate;
  }
}

/** What disabled jobs and schedules that cannot be evaluated ask for is nothing. */
export function firingRate({ job_id, enabled, schedule }: JobDefinition): FiringRate {
  const schedule_id = schedule?.schedule_id ?? '';
  if (schedule === null || !enabled) return { job_id, schedule_id, firings_per_second: 0 };
  try {
    return { job_id, schedule_id, firings_per_second: firingsPerSecond(schedule) };
  } catch (error) {
    if (error instanceof PhiError && error.code.startsWith('SCHED_'))
      return { job_id, schedule_id, firings_per_second: 0 };
    throw error;
  }
}

/**
 * Whether the schedules would fire more often than a limit (SCHEDULER_MAX_FIRINGS_PER_SECOND), and more often than they do:
 * where the limit was lowered below what is registered, what makes it no worse is let through.
 *
 * @param registered - jobs as they are
 * @param changed - definitions that take the place of those registered, or are new
 * @param removed - job ids
 */
export function findTooFrequent(
  registered: Iterable<RegisteredJob>,
  rates: FiringRates,
  { changed, removed }: { readonly changed: readonly JobDefinition[]; readonly removed: readonly string[] },
  limit: number,
): TooFrequent | undefined {
  const gone = new Set([...removed, ...changed.map(({ job_id }) => job_id)]);
  const before = [...registered].map((job) => rates.of(job));
  const after = [...before.filter(({ job_id }) => !gone.has(job_id)), ...changed.map(firingRate)];
  const [sumBefore, sumAfter] = [sumOf(before), sumOf(after)];
  if (sumAfter <= Math.max(limit, sumBefore) * (1 + ROUNDING)) return undefined;
  const most = after
    .filter(({ firings_per_second }) => firings_per_second > 0)
    .sort((a, b) => b.firings_per_second - a.firings_per_second);
  return { firings_per_second: sumAfter, most: most.slice(0, NAMED_AT_MOST) };
}

function sumOf(rates: readonly FiringRate[]): number {
  return rates.reduce((sum, { firings_per_second }) => sum + firings_per_second, 0);
}
