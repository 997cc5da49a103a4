import { STARTING_OUTCOMES, type Pause, type TickOutcome } from '../ports/schedule-store.js';
import { cronScheduleEvaluation } from '../rules/01-cron-schedule-evaluation.js';
import { catchupExecution } from '../rules/04-catchup-execution.js';

/** What the fire times of a schedule that are due are decided by. */
export interface TickFacts {
  /** Unsettled fire times up to now, earliest first, epoch milliseconds. */
  readonly times: readonly number[];
  /** False where there are more of them than `times` holds. */
  readonly complete: boolean;
  readonly now_ms: number;
  readonly tolerance_seconds: number;
  readonly catchup_enabled: boolean;
  readonly max_catchup_runs: number;
  readonly pauses: readonly Pause[];
  /** Whether what would run at an instant is skipped for being outside the execution windows (Rule 17). */
  readonly is_skipped_at: (instantMs: number) => boolean;
  /** Why the first of them could not be settled when it was tried, an error code; whatever is too late by now is settled with it. */
  readonly held?: string | undefined;
}

/** Fire times in a row that are settled alike. One that starts an execution stands alone. */
export interface TickDecision {
  readonly outcome: TickOutcome;
  readonly first_ms: number;
  readonly last_ms: number;
  readonly count: number;
  /** An error code. */
  readonly reason?: string;
}

type Decided = Pick<TickDecision, 'outcome' | 'reason'>;

/**
 * Decides what becomes of each fire time that is due, as the specification's evaluation order has it: pauses, execution
 * windows (Rule 17), lateness (Rule 1), then which of the missed are caught up (Rule 4). Whether another execution is open
 * (Rule 3) and whether the queue has room is decided by the script that settles it.
 *
 * @returns decisions for the earliest of the times: all of them, or, where there are more, those that the others cannot
 *   change, which may be none
 */
export function decideTicks(facts: TickFacts): readonly TickDecision[] {
  const decided = facts.times.map((time) => decideAlone(facts, time));
  const catchups = catchupExecution(facts);
  if (!facts.complete)
    return joinAlike(facts.times.slice(0, firstOfLatestMissed(decided, catchups)), decided);
  catchUpLatest(facts, decided, catchups);
  return joinAlike(facts.times, decided);
}

/** What a fire time comes to, whatever the others do. */
function decideAlone(facts: TickFacts, time: number): Decided {
  if (isPaused(facts.pauses, time)) return PAUSED;
  if (facts.is_skipped_at(time)) return OUTSIDE;
  const outcome = cronScheduleEvaluation({ ...facts, nominal_ms: time });
  if (outcome === 'MISSED') return missed(facts.held);
  return facts.is_skipped_at(facts.now_ms) ? OUTSIDE : { outcome };
}

const PAUSED: Decided = { outcome: 'SKIPPED_PAUSED', reason: 'SKIP_003_PAUSED' };
const OUTSIDE: Decided = { outcome: 'SKIPPED_WINDOW', reason: 'SKIP_002_OUTSIDE_WINDOW' };
const MISSED: Decided = { outcome: 'MISSED' };

/** A full queue rejects; while schedules are paused for an exhausted resource, nobody asked to have it started. */
function missed(held: string | undefined): Decided {
  if (held === undefined) return MISSED;
  return { outcome: held === 'RES_005_QUEUE_FULL' ? 'REJECTED' : 'MISSED', reason: held };
}

function isPaused(pauses: readonly Pause[], time: number): boolean {
  return pauses.some(
    ({ from_ms, until_ms }) => from_ms <= time && (until_ms === undefined || time < until_ms),
  );
}

/** Where the latest so many that were missed begin: later ones may take their place, but not that of any before them. */
function firstOfLatestMissed(decided: readonly Decided[], count: number): number {
  const missed = decided.flatMap((one, at) => (isMissed(one) ? [at] : []));
  return missed.slice(Math.max(0, missed.length - count))[0] ?? decided.length;
}

function isMissed({ outcome }: Decided): boolean {
  return outcome === 'MISSED' || outcome === 'REJECTED';
}

/** Of what was missed, the latest so many run after all, unless the windows are closed by now. */
function catchUpLatest(facts: TickFacts, decided: Decided[], atMost: number): void {
  let left = atMost;
  for (let at = decided.length - 1; at >= 0 && left > 0; at--) {
    if (!isMissed(decided[at] ?? MISSED)) continue;
    decided[at] = facts.is_skipped_at(facts.now_ms) ? OUTSIDE : { outcome: 'CAUGHT_UP' };
    left -= 1;
  }
}

function joinAlike(times: readonly number[], decided: readonly Decided[]): TickDecision[] {
  const joined: TickDecision[] = [];
  for (const [at, time] of times.entries()) {
    const own = decided[at] ?? MISSED;
    const earlier = joined.at(-1);
    if (earlier?.outcome === own.outcome && !STARTING.has(own.outcome)) {
      joined[joined.length - 1] = { ...earlier, last_ms: time, count: earlier.count + 1 };
    } else {
      joined.push({ ...own, first_ms: time, last_ms: time, count: 1 });
    }
  }
  return joined;
}

const STARTING: ReadonlySet<TickOutcome> = new Set(STARTING_OUTCOMES);
