import type { Dump } from '../witness/dump.js';
import { oneTerminalState } from './01-one-terminal-state.js';
import { currentFence } from './02-current-fence.js';
import { limitsKept } from './03-limits-kept.js';
import { releasedOnce } from './04-released-once.js';
import { attemptsCounted } from './05-attempts-counted.js';
import { causesOnce } from './06-causes-once.js';
import { deliveriesKnown } from './07-deliveries-known.js';
import { checkpointsForward } from './08-checkpoints-forward.js';
import { historyLegal } from './09-history-legal.js';
import { bodiesAccounted } from './10-bodies-accounted.js';
import type { Check, Violation } from './check.js';
import { storeConsistent } from './store-consistent.js';

/** In the order of the invariants; then all of them again, as far as the store alone tells. */
const CHECKS: readonly Check[] = [
  oneTerminalState,
  currentFence,
  limitsKept,
  releasedOnce,
  attemptsCounted,
  causesOnce,
  deliveriesKnown,
  checkpointsForward,
  historyLegal,
  bodiesAccounted,
  storeConsistent,
];

/** Every violation of every invariant. */
export function checkAll(dump: Dump): readonly Violation[] {
  return CHECKS.flatMap((check) => check(dump));
}
