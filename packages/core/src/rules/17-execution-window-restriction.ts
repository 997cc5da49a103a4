import type { ExecutionWindow } from '../schema/execution-window.js';
import { windowAt } from '../windows/window-at.js';

/** What Rule 17 makes of an execution that would start at an instant. */
export type WindowVerdict = 'RUN' | 'SKIP' | 'HOLD';

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
): WindowVerdict {
  if (windowAt(execution_windows, timezone, instantMs).open) return 'RUN';
  return skip_outside_window ? 'SKIP' : 'HOLD';
}
