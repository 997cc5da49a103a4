import {
  executionWindowTimezone,
  laneOf,
  lastStartThatFits,
  windowAt,
  type JobDefinition,
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
  if (definition.execution_windows.length === 0) return undefined;
  const zone = executionWindowTimezone(definition, facts.defaultZone);
  const window = windowAt(definition.execution_windows, zone, facts.now);
  const last = facts.usualMs === undefined ? undefined : lastStartThatFits(window, facts.usualMs);
  const entry = {
    opens: window.opens_ms,
    closes: window.closes_ms,
    skip: definition.skip_outside_window,
    lane: laneOf({ ...definition.resources, job_type: definition.job_type, job_id: definition.job_id }),
  };
  return last === undefined ? entry : { ...entry, fits: last + 1 };
}
