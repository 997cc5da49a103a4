import type { CronExpression } from './cron-expression.js';
import type { Stretch, Transition } from './zone-timeline.js';

/** What becomes of times that the wall clock jumps over: run once at the first instant after them, or not at all. */
export const GAP_CHOICES = ['AFTER', 'SKIP'] as const;
export type GapChoice = (typeof GAP_CHOICES)[number];

/** At which pass of an hour that repeats its times run. */
export const OVERLAP_CHOICES = ['FIRST', 'SECOND', 'BOTH'] as const;
export type OverlapChoice = (typeof OVERLAP_CHOICES)[number];

/** What a schedule chose otherwise than the default; each on its own. */
export interface DstOverride {
  readonly gap?: GapChoice | null | undefined;
  readonly overlap?: OverlapChoice | null | undefined;
}

export interface DstPolicy {
  readonly gap: GapChoice;
  readonly overlap: OverlapChoice;
}

/**
 * What daylight saving does to an expression, as in Vixie cron: one that names its times runs each of them once, every
 * other one follows the wall clock.
 */
export function dstPolicy(cron: CronExpression, override: DstOverride = {}): DstPolicy {
  const usual: DstPolicy = cron.fixed_time
    ? { gap: 'AFTER', overlap: 'FIRST' }
    : { gap: 'SKIP', overlap: 'BOTH' };
  return { gap: override.gap ?? usual.gap, overlap: override.overlap ?? usual.overlap };
}

/** By how many seconds a jump repeats the wall clock; zero or less where it jumps ahead. */
export function repeated({ before, after }: Transition): number {
  return before - after;
}

/** The first instant of a stretch at which something may run: past the second pass, if only the first one counts. */
export function firstOpen({ start, opened }: Stretch, { overlap }: DstPolicy): number {
  return opened !== undefined && overlap === 'FIRST' ? Math.max(start, opened.at + repeated(opened)) : start;
}

/** The first instant of a stretch at which nothing may run any more: the first pass, if only the second one counts. */
export function firstClosed({ end, closed }: Stretch, { overlap }: DstPolicy): number {
  return closed !== undefined && overlap === 'SECOND' ? Math.min(end, closed.at - repeated(closed)) : end;
}
