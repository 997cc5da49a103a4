import type { LedgerEntry, LedgerReading, LedgerRun, SweptMark } from '../ports/schedule-store.js';
import { jobsOfEntries } from './jobs-of-entries.js';
import { nextFireTime } from './next-fire-time.js';
import type { ScheduleTiming } from './schedule-timing.js';

export interface LedgerFacts extends LedgerReading {
  /** What a job's schedule was at a revision; undefined where that is gone, or cannot be evaluated here. */
  readonly timingOf: (jobId: string, revision: number) => ScheduleTiming | undefined;
}

export interface LedgerVerdict {
  /** The first thing that does not add up, in one sentence. */
  readonly hole?: string;
  /** How far everything adds up; absent where no run does. */
  readonly swept?: SweptMark;
  /** False where there is more to verify than was asked for. */
  readonly complete: boolean;
  /** Fire times that were computed. */
  readonly computed: number;
}

/**
 * Verifies that a ledger has each fire time of its schedule once, and nothing else (docs/adr/0008-tick-ledger.md): nothing
 * lies between runs, a run has as many fire times as it counts, marks bound the configurations, and the schedule stands
 * where the ledger ends. It begins where the last verification came to.
 *
 * @param atMost - fire times to compute
 */
export function verifyLedger(facts: LedgerFacts, atMost: number): LedgerVerdict {
  return new LedgerWalk(facts, atMost).verdict();
}

/** Whether a reading goes back far enough for its schedule to be verified from where that last came to. */
export function reachesSwept({ entries, from_start, swept }: LedgerReading): boolean {
  return from_start || indexOfSwept(entries, swept) >= 0;
}

function indexOfSwept(entries: readonly LedgerEntry[], swept: SweptMark | undefined): number {
  return entries.findIndex((entry) => entry.kind === 'RUN' && entry.first_ms === swept?.first_ms);
}

interface Configuration {
  /** Undefined where it is not known: nothing can be said of its fire times. */
  readonly timing: ScheduleTiming | undefined;
  readonly anchor_ms: number;
}

/** Something that does not add up, or that more would have to be computed than was asked for. */
type Finding = { readonly hole: string } | 'MORE' | undefined;

class LedgerWalk {
  /** Undefined where none is in force. */
  private configuration: Configuration | undefined;
  /** The latest fire time that is accounted for, or where the configuration began. */
  private settled_ms = -Infinity;
  private lastRun: LedgerRun | undefined;
  private swept: SweptMark | undefined;
  private computed = 0;

  constructor(
    private readonly facts: LedgerFacts,
    private readonly atMost: number,
  ) {}

  verdict(): LedgerVerdict {
    const finding = this.walk() ?? this.stand();
    return {
      ...(typeof finding === 'object' ? finding : {}),
      ...(this.swept === undefined ? {} : { swept: this.swept }),
      complete: finding !== 'MORE',
      computed: this.computed,
    };
  }

  private walk(): Finding {
    const { entries, from_start, swept, state } = this.facts;
    const jobs = jobsOfEntries(entries, state.job_id);
    const start = Math.max(0, indexOfSwept(entries, swept));
    const first = entries[start];
    if (first !== undefined && (start > 0 || !from_start)) this.beginAt(first, jobs[start] ?? state.job_id);
    for (const [offset, entry] of entries.slice(start).entries()) {
      const finding = this.pass(entry, jobs[start + offset] ?? state.job_id);
      if (finding !== undefined) return finding;
    }
    return undefined;
  }

  /** Takes for granted what came before an entry. */
  private beginAt(entry: LedgerEntry, jobId: string): void {
    if (entry.kind === 'BEGIN') return;
    if (entry.kind === 'END') {
      this.configuration = { timing: undefined, anchor_ms: 0 };
      return;
    }
    // An interval counts on from any of its fire times.
    this.configuration = {
      timing: this.facts.timingOf(jobId, entry.revision),
      anchor_ms: entry.first_ms,
    };
    this.settled_ms = entry.first_ms - 1;
  }

  private pass(entry: LedgerEntry, jobId: string): Finding {
    switch (entry.kind) {
      case 'BEGIN':
        return this.begin(entry, jobId);
      case 'END':
        return this.end(entry);
      case 'RUN':
        return this.run(entry);
    }
  }

  private begin(
    { from_ms, anchor_ms, revision }: Extract<LedgerEntry, { kind: 'BEGIN' }>,
    jobId: string,
  ): Finding {
    if (this.configuration !== undefined)
      return hole(`a configuration begins to hold at ${iso(from_ms)}, and the one before it has no end`);
    if (this.lastRun !== undefined && from_ms < this.lastRun.last_ms)
      return hole(`a configuration begins to hold at ${iso(from_ms)}, before ${described(this.lastRun)}`);
    this.configuration = { timing: this.facts.timingOf(jobId, revision), anchor_ms };
    this.settled_ms = from_ms;
    return undefined;
  }

  private end({ at_ms, why }: Extract<LedgerEntry, { kind: 'END' }>): Finding {
    if (this.configuration === undefined)
      return hole(`a configuration ends at ${iso(at_ms)} (${why}) that has no beginning`);
    if (this.lastRun !== undefined && at_ms < this.lastRun.last_ms)
      return hole(`a configuration ends at ${iso(at_ms)} (${why}), before ${described(this.lastRun)}`);
    const next = this.next(this.settled_ms);
    if (next !== UNKNOWN && next !== undefined && next <= at_ms)
      return hole(`${iso(next)} has no outcome: its configuration held until ${iso(at_ms)} (${why})`);
    this.configuration = undefined;
    return undefined;
  }

  private run(run: LedgerRun): Finding {
    if (this.configuration === undefined)
      return hole(`${described(run)} has an outcome, and no configuration was in force`);
    const verified = this.verifiedOf(run);
    if (verified !== undefined) return this.within(run, verified);
    if (this.computed >= this.atMost && this.swept?.last_ms !== this.facts.swept?.last_ms) return 'MORE';
    const next = this.next(this.settled_ms);
    if (next !== UNKNOWN && next !== run.first_ms) return hole(gapBefore(run, next));
    return this.within(run, { first_ms: run.first_ms, last_ms: run.first_ms, count: 1 });
  }

  /** What was verified of a run before; nothing counts of one that has become shorter since. */
  private verifiedOf(run: LedgerRun): SweptMark | undefined {
    const { swept } = this.facts;
    const holds =
      swept !== undefined &&
      swept.first_ms === run.first_ms &&
      swept.count <= run.count &&
      swept.last_ms <= run.last_ms;
    return holds ? swept : undefined;
  }

  /** @param from - verified of it: at least its first fire time */
  private within(run: LedgerRun, from: SweptMark): Finding {
    this.swept = from;
    if (this.configuration?.timing === undefined) return this.done(run);
    let { last_ms, count } = from;
    while (count < run.count) {
      if (this.computed >= this.atMost) {
        this.swept = { ...from, last_ms, count };
        return 'MORE';
      }
      const next = this.next(last_ms);
      if (typeof next !== 'number' || next > run.last_ms)
        return hole(miscounted(run, `there are ${String(count)}`));
      last_ms = next;
      count += 1;
    }
    if (last_ms === run.last_ms && count === run.count) return this.done(run);
    return hole(miscounted(run, `there are more: number ${String(count)} is ${iso(last_ms)}`));
  }

  private done(run: LedgerRun): undefined {
    const { first_ms, last_ms, count } = run;
    this.lastRun = run;
    this.settled_ms = last_ms;
    this.swept = { first_ms, last_ms, count };
  }

  /** Whether the schedule stands where its ledger ends. */
  private stand(): Finding {
    const { state, is_due } = this.facts;
    const { next_ms, in_force } = state;
    const wrongEnd = this.wrongLast() ?? this.wrongNext();
    if (wrongEnd !== undefined) return hole(wrongEnd);
    if (in_force !== (this.configuration !== undefined))
      return hole(
        in_force
          ? 'it is in force, and its ledger has no configuration'
          : 'it is not in force, and its ledger does not say since when',
      );
    return next_ms === undefined || is_due
      ? undefined
      : hole(`it fires next at ${iso(next_ms)}, and no scheduler will look at it: it is not among those due`);
  }

  private wrongLast(): string | undefined {
    const { state, from_start } = this.facts;
    const last = this.lastRun?.last_ms;
    if (last === state.last_ms || (last === undefined && !from_start)) return undefined;
    return `the last outcome in the ledger is of ${isoOrNone(last)}, and the schedule has settled ${isoOrNone(state.last_ms)} last`;
  }

  private wrongNext(): string | undefined {
    const { next_ms } = this.facts.state;
    const next = this.configuration === undefined ? undefined : this.next(this.settled_ms);
    if (next === UNKNOWN || next === next_ms) return undefined;
    if (next !== undefined && (next_ms === undefined || next < next_ms))
      return `${iso(next)} has no outcome: the schedule stands at ${isoOrNone(next_ms)}`;
    return `the schedule stands at ${isoOrNone(next_ms)}, which is no fire time: ${firesNext(next)}`;
  }

  private next(afterMs: number): number | undefined | typeof UNKNOWN {
    const { timing, anchor_ms = 0 } = this.configuration ?? {};
    if (timing === undefined) return UNKNOWN;
    this.computed += 1;
    return nextFireTime(timing, afterMs, anchor_ms);
  }
}

const UNKNOWN = 'UNKNOWN';

function hole(sentence: string): { readonly hole: string } {
  return { hole: sentence };
}

function gapBefore(run: LedgerRun, next: number | undefined): string {
  if (next !== undefined && next < run.first_ms)
    return `${iso(next)} has no outcome: the ledger goes on with ${described(run)}`;
  return `${described(run)} has an outcome, and is no fire time: ${firesNext(next)}`;
}

function miscounted(run: LedgerRun, found: string): string {
  const { first_ms, last_ms, count, outcome } = run;
  return `from ${iso(first_ms)} to ${iso(last_ms)} the ledger counts ${String(count)} fire times (${outcome}), and ${found}`;
}

function firesNext(next: number | undefined): string {
  return next === undefined ? 'it fires no more' : `it fires next at ${iso(next)}`;
}

function described({ first_ms, outcome }: LedgerRun): string {
  return `${iso(first_ms)} (${outcome})`;
}

function isoOrNone(epochMs: number | undefined): string {
  return epochMs === undefined ? 'no time' : iso(epochMs);
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
