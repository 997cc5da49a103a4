import {
  executionWindowRestriction,
  executionWindowTimezone,
  lastStartThatFits,
  requireTimezone,
  windowAt,
  type JobDefinition,
  type WindowAt,
  type WindowEntry,
} from '@phi/core';

/** @throws PhiError SCHED_002_INVALID_TIMEZONE for a zone that this system does not know */
function zoneOf(definition: JobDefinition, defaultZone: string): string {
  const timezone = executionWindowTimezone(definition, defaultZone);
  requireTimezone({ timezone });
  return timezone;
}

/**
 * Whether what a job would run at an instant is skipped for being outside its execution windows (Rule 17).
 *
 * @param defaultZone - SCHEDULER_TIMEZONE_DEFAULT
 * @throws PhiError SCHED_002_INVALID_TIMEZONE
 */
export function isSkippedAt(definition: JobDefinition, defaultZone: string): (instantMs: number) => boolean {
  if (definition.execution_windows.length === 0) return () => false;
  const zone = zoneOf(definition, defaultZone);
  return (instantMs) => executionWindowRestriction(definition, zone, instantMs) === 'SKIP';
}

/**
 * The present or next execution window of a job; undefined where it has none.
 *
 * @param now - Redis' time, epoch milliseconds
 * @param defaultZone - SCHEDULER_TIMEZONE_DEFAULT
 * @throws PhiError SCHED_002_INVALID_TIMEZONE
 */
export function presentWindow(
  definition: JobDefinition,
  now: number,
  defaultZone: string,
): WindowAt | undefined {
  const { execution_windows: windows } = definition;
  if (windows.length === 0) return undefined;
  return windowAt(windows, zoneOf(definition, defaultZone), now);
}

/**
 * When the execution window opens that a held execution of a job waits for, epoch milliseconds; undefined where none will. What
 * is held while one is open would not have fitted into the rest of it, or else is about to start and waits for none but this.
 */
export function nextOpening(definition: JobDefinition, now: number, defaultZone: string): number | undefined {
  const window = presentWindow(definition, now, defaultZone);
  const isTooShort = window?.open === true && definition.fit_in_window;
  const next = isTooShort ? presentWindow(definition, window.closes_ms, defaultZone) : window;
  return next === undefined || !Number.isFinite(next.opens_ms) ? undefined : next.opens_ms;
}

export interface WindowFacts {
  /** SCHEDULER_TIMEZONE_DEFAULT. */
  readonly defaultZone: string;
  /** Redis' time, epoch milliseconds. */
  readonly now: number;
  /** How long the job usually takes, in milliseconds, where it starts only what fits and that is known. */
  readonly usualMs?: number | undefined;
}

const WEEK_MS = 7 * 86_400_000;

/** Whether what does not fit into a window fits into one of those that follow within a week: all that there are. */
function fitsLater(
  definition: JobDefinition,
  window: WindowAt,
  usualMs: number,
  defaultZone: string,
): boolean {
  const until = window.closes_ms + WEEK_MS;
  let next = presentWindow(definition, window.closes_ms, defaultZone);
  while (next !== undefined && next.opens_ms < until) {
    if (lastStartThatFits(next, usualMs) !== undefined) return true;
    next = presentWindow(definition, next.closes_ms, defaultZone);
  }
  return false;
}

/** The first instant from which on nothing started would end within a window: its opening, where only others are long enough. */
function fitsUntil(
  definition: JobDefinition,
  window: WindowAt,
  { usualMs, defaultZone }: WindowFacts,
): number | undefined {
  if (usualMs === undefined) return undefined;
  const last = lastStartThatFits(window, usualMs);
  if (last !== undefined) return last + 1;
  return fitsLater(definition, window, usualMs, defaultZone) ? window.opens_ms : undefined;
}

/**
 * The present or next execution window of a job in the form that the scripts read; undefined where it has none. What
 * fits into no window at all may start at any time within one.
 *
 * @throws PhiError SCHED_002_INVALID_TIMEZONE
 */
export function windowEntryOf(definition: JobDefinition, facts: WindowFacts): WindowEntry | undefined {
  const window = presentWindow(definition, facts.now, facts.defaultZone);
  if (window === undefined) return undefined;
  const fits = fitsUntil(definition, window, facts);
  const entry = {
    from: facts.now,
    opens: window.opens_ms,
    closes: window.closes_ms,
    skip: definition.skip_outside_window,
  };
  return fits === undefined ? entry : { ...entry, fits };
}

/** A window that holds everything until an instant at which it is looked at again, and skips nothing. */
export function closedUntil(instantMs: number): WindowEntry {
  return { from: 0, opens: instantMs, closes: instantMs, skip: false };
}
