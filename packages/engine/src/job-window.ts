import {
  executionWindowTimezone,
  laneOf,
  lastStartThatFits,
  windowAt,
  type JobDefinition,
  type WindowAt,
  type WindowEntry,
} from '@phi/core';

/**
 * Whether what a job would run at an instant is skipped for being outside its execution windows (Rule 17).
 *
 * @param defaultZone - SCHEDULER_TIMEZONE_DEFAULT
 */
export function isSkippedAt(definition: JobDefinition, defaultZone: string): (instantMs: number) => boolean {
  const { execution_windows: windows, skip_outside_window } = definition;
  if (windows.length === 0 || !skip_outside_window) return () => false;
  const zone = executionWindowTimezone(definition, defaultZone);
  return (instantMs) => !windowAt(windows, zone, instantMs).open;
}

/**
 * The present or next execution window of a job; undefined where it has none.
 *
 * @param now - Redis' time, epoch milliseconds
 * @param defaultZone - SCHEDULER_TIMEZONE_DEFAULT
 */
export function presentWindow(
  definition: JobDefinition,
  now: number,
  defaultZone: string,
): WindowAt | undefined {
  const { execution_windows: windows } = definition;
  if (windows.length === 0) return undefined;
  return windowAt(windows, executionWindowTimezone(definition, defaultZone), now);
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

/**
 * The present or next execution window of a job in the form that the scripts read; undefined where it has none. What
 * fits into no window at all may start at any time within one.
 */
export function windowEntryOf(definition: JobDefinition, facts: WindowFacts): WindowEntry | undefined {
  const window = presentWindow(definition, facts.now, facts.defaultZone);
  if (window === undefined) return undefined;
  const last = facts.usualMs === undefined ? undefined : lastStartThatFits(window, facts.usualMs);
  const entry = {
    opens: window.opens_ms,
    closes: window.closes_ms,
    skip: definition.skip_outside_window,
    lane: laneOf({ ...definition.resources, job_type: definition.job_type, job_id: definition.job_id }),
  };
  return last === undefined ? entry : { ...entry, fits: last + 1 };
}
