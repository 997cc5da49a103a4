/** What a nominal fire time comes to, for good (docs/adr/0008-tick-ledger.md). */
export const TICK_OUTCOMES = [
  'FIRED',
  'LATE',
  'CAUGHT_UP',
  'MISSED',
  'SKIPPED_RUNNING',
  'SKIPPED_WINDOW',
  'SKIPPED_PAUSED',
  'REJECTED',
] as const;
export type TickOutcome = (typeof TICK_OUTCOMES)[number];

/** Those that lead to an execution, whose id follows from the fire time. */
export const STARTING_OUTCOMES = ['FIRED', 'LATE', 'CAUGHT_UP'] as const satisfies readonly TickOutcome[];

/** Fire times of a schedule in a row that are settled alike, and the one after them. Instants in epoch milliseconds. */
export interface Tick {
  readonly schedule_id: string;
  /** Where the schedule stands. */
  readonly first_ms: number;
  readonly last_ms: number;
  readonly count: number;
  /** Absent when it never fires again. */
  readonly next_ms?: number;
  /** Of the schedule when it was read: refused as STALE_TICK when it was changed or paused since. */
  readonly rev: number;
  readonly outcome: TickOutcome;
  /** An error code. */
  readonly reason?: string;
  /** Settled as SKIPPED_RUNNING instead when another execution of the job is open (Rule 3). */
  readonly skip_if_running?: boolean;
}

/** A time in which a schedule was paused; `until_ms` is absent while it is. Epoch milliseconds, the end excluded. */
export interface Pause {
  readonly from_ms: number;
  readonly until_ms?: number;
}

export interface DueSchedule {
  readonly schedule_id: string;
  readonly job_id: string;
  /** The earliest fire time that is not settled, epoch milliseconds. */
  readonly nominal_ms: number;
  readonly rev: number;
  readonly pauses: readonly Pause[];
  /** Why it could not be settled when it was tried: an error code. */
  readonly held?: string;
}

/** A schedule as it stands. Instants in epoch milliseconds. */
export interface ScheduleState {
  readonly job_id: string;
  /** The job's revision whose configuration is in force. */
  readonly revision: number;
  /** False once the configuration was taken out of force. */
  readonly in_force: boolean;
  /** When the configuration began to hold, which an INTERVAL without start_date counts from, or the last one ceased to. */
  readonly anchor_ms: number;
  readonly next_ms?: number;
  readonly last_ms?: number;
  readonly rev: number;
  readonly pauses: readonly Pause[];
  readonly held?: string;
  /** Why it cannot be evaluated any more: an error code and what it says. */
  readonly invalid?: string;
  readonly counts: Readonly<Partial<Record<TickOutcome, number>>>;
}

export interface ScheduleRegistration {
  readonly schedule_id: string;
  /** Tells one timing of the schedule from another: an unchanged one goes on as it is. */
  readonly digest: string;
  /** It holds for the fire times after this instant, epoch milliseconds. */
  readonly from_ms: number;
  /** Its first fire time, epoch milliseconds; absent when it never fires (again). */
  readonly next_ms?: number;
}

/** Fire times in a row with one outcome. */
export interface LedgerRun {
  readonly kind: 'RUN';
  readonly outcome: TickOutcome;
  readonly first_ms: number;
  readonly last_ms: number;
  readonly count: number;
  /** The job's revision that has the configuration they follow from. */
  readonly revision: number;
  /** An error code. */
  readonly reason?: string;
  /** With SKIPPED_RUNNING: the execution that was open. */
  readonly detail?: string;
}

/** Where a configuration begins to hold, or ceases to. */
export type LedgerMark =
  | {
      readonly kind: 'BEGIN';
      /** For the fire times after it. */
      readonly from_ms: number;
      readonly anchor_ms: number;
      readonly revision: number;
      readonly job_id: string;
    }
  | { readonly kind: 'END'; readonly at_ms: number; readonly why: string; readonly job_id: string };

export type LedgerEntry = LedgerRun | LedgerMark;

/** How far the sweep has verified a ledger: the run it came to, as far as it had come in it. */
export interface SweptMark {
  readonly first_ms: number;
  readonly last_ms: number;
  readonly count: number;
}

/** A schedule and its ledger as they were at one instant. */
export interface LedgerReading {
  readonly state: ScheduleState;
  /** Oldest first. */
  readonly entries: readonly LedgerEntry[];
  /** Whether nothing came before them; else it was not asked for, or is not kept any more. */
  readonly from_start: boolean;
  /** Whether schedulers will look at it. */
  readonly is_due: boolean;
  readonly swept?: SweptMark;
}

/** Schedules whose earliest fire time waits: for room in the queue, or for a resource. */
export interface HeldSchedules {
  readonly count: number;
  /** Of the one that was tried last: an error code. */
  readonly reason: string;
  /** When one of them was last tried, epoch milliseconds. */
  readonly tried_ms: number;
}

export interface ScheduleStore {
  /** Redis' time, epoch milliseconds: what schedules go by. */
  now(): Promise<number>;
  /** Schedules to be looked at by now, the longest due first. */
  due(nowMs: number, limit: number): Promise<readonly DueSchedule[]>;
  /** When the next schedule is to be looked at, epoch milliseconds. */
  nextDue(): Promise<number | undefined>;
  /** For fire times that lead to no execution. @param graphId - STALE_GRAPH when another is registered */
  settle(tick: Tick, graphId?: string): Promise<'SETTLED' | 'STALE_TICK' | 'STALE_GRAPH'>;
  get(scheduleId: string): Promise<ScheduleState | undefined>;
  getMany(scheduleIds: readonly string[]): Promise<ReadonlyMap<string, ScheduleState>>;
  /** Oldest first. */
  ledger(scheduleId: string): Promise<readonly LedgerEntry[]>;
  pause(scheduleId: string): Promise<'CHANGED' | 'UNCHANGED' | 'UNKNOWN_SCHEDULE'>;
  resume(scheduleId: string): Promise<'CHANGED' | 'UNCHANGED' | 'UNKNOWN_SCHEDULE'>;
  /** Takes a schedule that cannot be evaluated out of force. @param reason - an error code and what it says */
  markInvalid(scheduleId: string, rev: number, reason: string): Promise<'MARKED' | 'STALE_TICK'>;
  /** Puts an invalid one in force again. */
  markValid(
    scheduleId: string,
    rev: number,
    from: Pick<ScheduleRegistration, 'from_ms' | 'next_ms'>,
  ): Promise<'MARKED' | 'STALE_TICK'>;
  /** Schedules that are invalid, with why. */
  invalid(): Promise<ReadonlyMap<string, string>>;
  held(): Promise<HeldSchedules | undefined>;
  /** Every schedule that was ever in force, in no order, some of them twice. @param cursor - from the page before */
  listIds(cursor?: string): Promise<{ readonly ids: readonly string[]; readonly next_cursor?: string }>;
  /** @param latest - at most so many entries of the ledger */
  readLedger(scheduleId: string, latest: number): Promise<LedgerReading | undefined>;
  /** Schedules of which a part was found that does not add up, with what was found. */
  holes(): Promise<ReadonlyMap<string, string>>;
  /** Enters how far a ledger was verified, and the hole that was found. */
  recordSweep(scheduleId: string, swept: SweptMark | undefined, hole: string | undefined): Promise<void>;
}
