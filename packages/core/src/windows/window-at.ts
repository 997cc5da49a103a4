import { stretchAt } from '../cron/zone-timeline.js';
import type { ExecutionWindow } from '../schema/execution-window.js';
import type { WeekSpans } from './week-spans.js';
import { wallSpanAt, weekSpans } from './week-spans.js';

/** A stretch of time in which a job may run; epoch milliseconds, `closes_ms` excluded. */
export interface OpenHours {
  readonly opens_ms: number;
  readonly closes_ms: number;
}

export interface WindowAt extends OpenHours {
  /** Whether the hours are those that hold the instant, and not the next ones. */
  readonly open: boolean;
}

const ALWAYS: WindowAt = { open: true, opens_ms: -Infinity, closes_ms: Infinity };

/**
 * The hours in which a job may run that hold an instant, or the next ones after it (specification: Rule 17).
 *
 * Open is what the wall clock of the zone says: at every instant at which it shows a time within a window, and at no
 * other. Windows that overlap or touch are one. So in spring, a window that starts in the gap opens at the first instant
 * after it, and one that ends in the gap closes there. In autumn, a time that repeats counts at both passes: a window
 * opens at the first pass of its start and closes for good at the second pass of its end; where that end or start lies
 * within the repeated hour, it is closed in between for as long as the clock shows times outside.
 *
 * Without windows a job may always run. What is always open opens at -Infinity and closes at Infinity.
 *
 * @param windows - valid by `executionWindowSchema`; a window's days are those on which it opens
 * @param timezone - must be valid
 * @param instantMs - epoch milliseconds
 * @throws RangeError for a zone that does not exist
 */
export function windowAt(windows: readonly ExecutionWindow[], timezone: string, instantMs: number): WindowAt {
  if (windows.length === 0) return ALWAYS;
  const hours: Hours = { spans: weekSpans(windows), timezone };
  const instant = Math.floor(instantMs / 1000);
  const change = nextChange(hours, instant);
  const [opens, closes] = isOpen(hours, instant)
    ? [lastChange(hours, instant), change]
    : [change, nextChange(hours, change)];
  return { open: opens <= instant, opens_ms: opens * 1000, closes_ms: closes * 1000 };
}

interface Hours {
  readonly spans: WeekSpans;
  readonly timezone: string;
}

function isOpen({ spans, timezone }: Hours, instant: number): boolean {
  return wallSpanAt(spans, instant + stretchAt(timezone, instant).offset).open;
}

/** The first second after an instant at which open turns to closed or closed to open; Infinity if it never does. */
function nextChange(hours: Hours, instant: number): number {
  const { spans, timezone } = hours;
  const open = isOpen(hours, instant);
  let at = instant;
  for (;;) {
    const { offset, end } = stretchAt(timezone, at);
    const span = wallSpanAt(spans, at + offset);
    if (span.open !== open) return at;
    const change = span.to - offset;
    if (change < end || change === Infinity) return change;
    at = end;
  }
}

/** The first second of what is open or closed at an instant; -Infinity if it has always been. */
function lastChange(hours: Hours, instant: number): number {
  const { spans, timezone } = hours;
  const open = isOpen(hours, instant);
  let at = instant;
  for (;;) {
    const { offset, start } = stretchAt(timezone, at);
    const span = wallSpanAt(spans, at + offset);
    if (span.open !== open) return at + 1;
    const change = span.from - offset;
    if (change > start || change === -Infinity) return change;
    at = start - 1;
  }
}
