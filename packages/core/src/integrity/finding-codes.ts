import type { Invariant } from './invariants.js';

interface FindingCodeRow {
  readonly invariant: Invariant;
  /** What `--repair` does about it; absent where that is nothing. */
  readonly repair?: string;
  /** What a person does about it, where it is not repaired. */
  readonly advice: string;
}

const REPAIR = 'phi fsck --repair';

const repaired = (invariant: Invariant, repair: string): FindingCodeRow => ({
  invariant,
  repair,
  advice: REPAIR,
});
const reported = (invariant: Invariant, advice: string): FindingCodeRow => ({ invariant, advice });

/** Every kind of finding; lua/lib of the store says what is compared. */
export const FINDING_CODES = {
  INDEX_ENTRY_MISSING: repaired(1, 'enters it where it has to stand'),
  INDEX_ENTRY_LEFT: repaired(1, 'takes it off the index'),
  QUEUED_NOWHERE: repaired(1, 'puts it in its lane'),
  PENDING_UNMOVED: repaired(1, 'moves it on as its dependencies allow'),
  PLAN_MISSING: repaired(1, 'cancels it: nothing says any more what it waits for'),
  EXECUTOR_UNKNOWN: repaired(1, 'has recovery take it back'),
  COMPLETING_STUCK: repaired(1, 'completes it'),
  RELEASE_STOPPED: repaired(1, 'carries the release of its dependents on'),
  LINE_STOPPED: repaired(1, 'moves the line on'),
  LANE_MISPLACED: repaired(1, 'puts the lane where its head is looked at'),
  LANE_PARKED_IN_VAIN: repaired(1, 'wakes what is parked on the limit'),
  RUN_COUNT_WRONG: repaired(1, 'counts anew'),
  BATCH_UNFLUSHED: repaired(1, 'has what the trigger holds started'),
  BATCH_ENTRY_WRONG: repaired(1, 'says anew what the event is, or takes off what names none'),
  BATCH_STRANDED: reported(1, 'register the job again: what its trigger holds is started then'),
  EVENT_LOST: reported(1, 'the execution that it starts gets a reference instead: send the events again'),
  FLUSH_LEFT: repaired(1, 'takes the trigger off what waits for a flush'),
  DEAD_LETTER_COUNT_WRONG: repaired(1, 'counts anew'),
  UNREADABLE: reported(1, 'see docs/operations.md, "When something does not fit together"'),
  FENCE_MISSING: reported(2, 'the record was changed from outside: cancel the execution and run it again'),
  FENCE_NOT_GROWN: reported(2, 'two attempts may have written side by side: compare what they wrote'),
  SLOT_MISSING: repaired(3, 'takes the slot, or puts the execution back to its lane'),
  SLOT_LEAKED: repaired(3, 'gives the slot back'),
  PLACEMENT_MISSING: repaired(3, 'places it on its executor, or puts it back to its lane'),
  PLACEMENT_LEFT: repaired(3, 'gives back what it requested of the executor'),
  SUM_WRONG: repaired(3, 'counts anew'),
  DEPENDENT_NOT_RELEASED: repaired(
    4,
    'releases its dependents again; those who have its outcome are left alone',
  ),
  CHAIN_BROKEN: reported(5, 'a record was lost or changed: look at the run, and run again what is missing'),
  ATTEMPTS_EXCEEDED: reported(5, 'look at its history; report it as a defect'),
  LEDGER_HOLE: reported(6, 'see docs/operations.md, "Fire times that did not run"'),
  DELIVERY_UNKNOWN: repaired(7, 'removes the delivery'),
  DELIVERY_MISSING: repaired(7, 'delivers it again'),
  STAGE_JOB_LEFT: repaired(7, 'removes the job: nobody waits for what would come of it'),
  CHECKPOINT_ORDER: reported(
    8,
    'look at what the next attempt starts from; run the job again from the beginning',
  ),
  CHECKPOINT_DAMAGED: reported(
    8,
    'the next attempt goes on from the other checkpoint of its chain, or from the beginning: look for what damaged it',
  ),
  HISTORY_WRONG: reported(9, 'the record was changed from outside: report it as a defect'),
} as const satisfies Readonly<Record<string, FindingCodeRow>>;

export type FindingCode = keyof typeof FINDING_CODES;

export function describeFinding(code: FindingCode): FindingCodeRow {
  return FINDING_CODES[code];
}
