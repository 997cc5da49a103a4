import type { WindowEntry } from '../ports/window-store.js';
import type { ExecutionWindow } from '../schema/execution-window.js';
import { windowAt } from '../windows/window-at.js';
import type { GateVerdict } from './verdict.js';

/** What Rule 17 needs of a resolved JobDefinition. */
export interface WindowRestriction {
  readonly execution_windows: readonly ExecutionWindow[];
  readonly skip_outside_window: boolean;
}

/**
 * Whether a job may start at an instant, or else is skipped or held until a window opens (specification: Rule 17, Execution
 * Window Restriction).
 *
 * @param timezone - whose wall clock the windows follow; must be valid
 * @param instantMs - epoch milliseconds
 */
export function executionWindowRestriction(
  { execution_windows, skip_outside_window }: WindowRestriction,
  timezone: string,
  instantMs: number,
): GateVerdict {
  if (windowAt(execution_windows, timezone, instantMs).open) return 'RUN';
  return skip_outside_window ? 'SKIP' : 'HOLD';
}

/** The window of a job as the gate finds it, and what stands before it. */
export interface AtWindow {
  /** Undefined for a job without windows. */
  readonly window: WindowEntry | undefined;
  /** A retry's chain has begun: it is held, never skipped. */
  readonly is_retry: boolean;
}

/**
 * Whether an execution passes the window that the store knows of its job (specification: Rule 17, Execution Window Restriction).
 * Past its end a window counts as closed, and nothing is skipped for one that says nothing of the present.
 *
 * Decided by `gate.enter` of the store, which knows no time zones (docs/adr/0009-the-gate.md); this states what it decides.
 *
 * @param nowMs - Redis' time, epoch milliseconds
 */
export function windowEntryRestriction({ window, is_retry }: AtWindow, nowMs: number): GateVerdict {
  if (window === undefined) return 'RUN';
  const { from, opens, closes, fits = closes, skip } = window;
  if (opens <= nowMs && nowMs < Math.min(closes, fits)) return 'RUN';
  const isStale = nowMs >= closes || nowMs < Math.min(from, opens);
  return skip && !isStale && !is_retry ? 'SKIP' : 'HOLD';
}
