import {
  scheduledExecutionId,
  STARTING_OUTCOMES,
  TERMINAL_STATUSES,
  type ExecutionRecord,
  type LedgerEntry,
  type LedgerRun,
  type Pause,
  type TickOutcome,
} from '@phi/core';
import { listTicks, type Services } from '@phi/engine';
import { expect } from '@jest/globals';

import { executionsOf } from './engine-fixture.js';
import { outcomesOf, timesOf, type ModelJob } from './schedule-model.js';

/** Redis' time as two readings of it enclose a step, epoch milliseconds. */
export interface Span {
  readonly before: number;
  readonly after: number;
}

/** How a step went about fire times. */
export interface Manner {
  /** It settles whatever is due, come what may: a registration. */
  readonly insists?: boolean;
  /** By a process with SCHEDULER_ENABLED false. */
  readonly stopped?: boolean;
}

interface Entry {
  readonly time: number;
  readonly outcome: TickOutcome;
}

const STARTING: ReadonlySet<TickOutcome> = new Set(STARTING_OUTCOMES);
const TERMINAL: ReadonlySet<string> = new Set(TERMINAL_STATUSES);
/** What the store keeps of a ledger, and answers of executions: the stories are shorter. */
const KEPT = 1000;
/** Before that nothing that was on time comes too late. */
const SLOW_MS = 500;

/** What is known of the schedule of one job, and what its ledger and its executions are checked against. */
export class ScheduleWitness {
  readonly schedule_id: string;
  /** In force; undefined while there is none. */
  private job: ModelJob | undefined;
  private anchor = 0;
  /** Up to here every fire time is settled. */
  private settledTo = -Infinity;
  private pauses: readonly Pause[] = [];
  private held = false;
  private readonly entries: Entry[] = [];
  private executions: readonly ExecutionRecord[] = [];

  constructor(
    private readonly services: Services,
    readonly job_id: string,
    private readonly capacity: number,
  ) {
    this.schedule_id = `${job_id}.schedule`;
  }

  get isHeld(): boolean {
    return this.held;
  }

  paused(from_ms: number): void {
    this.pauses = [...this.pauses, { from_ms }];
  }

  resumed(until_ms: number): void {
    this.pauses = this.pauses.map((pause) => ({ until_ms, ...pause }));
  }

  /** A removed job's pauses go with it. */
  removed(): void {
    this.pauses = [];
  }

  /** What became of executions beside what fire times did. */
  async lookAtExecutions(): Promise<void> {
    this.executions = await executionsOf(this.services, this.job_id);
    expect(this.executions.length).toBeLessThan(KEPT);
    const started = this.entries.filter(({ outcome }) => STARTING.has(outcome)).map(({ time }) => time);
    const ids = started.map((time) =>
      scheduledExecutionId(this.services.namespace, this.job_id, this.schedule_id, time),
    );
    expect(this.executions.map(({ execution_id }) => execution_id).toSorted()).toEqual(ids.toSorted());
    const nominal = this.executions.map(({ scheduled_time }) => scheduled_time);
    expect(nominal.toSorted((a, b) => a - b)).toEqual(started);
    this.checkTurns(`job:${this.job_id}`);
    this.checkTurns(`catchup:${this.schedule_id}`);
  }

  /**
   * What was settled in a step is what the model says, and everything is that was due.
   *
   * @param isComplete - nothing may be left but what is held
   */
  async lookAtTicks(span: Span, isComplete: boolean, manner: Manner = {}): Promise<void> {
    const [state, ledger, counts] = await Promise.all([
      this.services.schedules.get(this.schedule_id),
      this.services.schedules.ledger(this.schedule_id),
      this.services.executions.countByStatus(),
    ]);
    expect(ledger.length).toBeLessThan(KEPT);
    const isFull = counts.QUEUED >= this.capacity;
    const due = this.timesUpTo(span.after);
    const settled = this.checkNew(ledger, due, span, { ...manner, isFull });
    const wasHeld = this.held;
    this.held = state?.held !== undefined;
    if (this.held && !wasHeld) expect(isFull).toBe(true);
    if (isComplete && !this.held) {
      expect(settled).toBeGreaterThanOrEqual(due.filter((time) => time <= span.before).length);
    }
    await this.lookAtExecutions();
  }

  /** Another configuration is in force, or none: everything of the former is settled up to the instant of the change. */
  async changedTo(job: ModelJob | undefined, span: Span): Promise<void> {
    const keeps = this.job !== undefined && job !== undefined && this.job.timing === job.timing;
    if (!keeps) await this.checkMark(job, span);
    this.job = job;
  }

  /** The answer to a person who asks is what was found step by step. */
  async checkListing(): Promise<void> {
    const limit = 500;
    const page = await listTicks(this.services, this.schedule_id, { limit });
    const listed = (page?.items ?? []).map(({ nominal_ms, outcome }) => ({ time: nominal_ms, outcome }));
    expect(listed.toReversed()).toEqual(this.entries.slice(-limit));
  }

  private timesUpTo(instant: number): number[] {
    return this.job === undefined ? [] : timesOf(this.job, this.settledTo, instant, this.anchor);
  }

  private async checkMark(job: ModelJob | undefined, span: Span): Promise<void> {
    const ledger = await this.services.schedules.ledger(this.schedule_id);
    const mark = ledger.at(-1);
    if (job === undefined && this.job === undefined) return;
    expect(mark?.kind).toBe(job === undefined ? 'END' : 'BEGIN');
    const at = mark?.kind === 'BEGIN' ? mark.from_ms : mark?.kind === 'END' ? mark.at_ms : NaN;
    expect(at).toBeGreaterThanOrEqual(Math.max(span.before, this.settledTo));
    expect(at).toBeLessThanOrEqual(Math.max(span.after, this.settledTo));
    expect(this.timesUpTo(at)).toEqual([]);
    this.settledTo = at;
    this.anchor = at;
  }

  /** @returns how many fire times were settled */
  private checkNew(
    ledger: readonly LedgerEntry[],
    due: readonly number[],
    span: Span,
    manner: Manner & { readonly isFull: boolean },
  ): number {
    const expected = this.expected(due, span);
    const wasHeld = this.held;
    const isSlow = span.after - span.before >= SLOW_MS;
    let open = this.executions.some(({ status }) => !TERMINAL.has(status));
    let at = 0;
    for (const [outcome, count] of this.newRuns(ledger, due)) {
      for (let n = 0; n < count; n++, at++) {
        const among = this.refined(expected[at] ?? [], {
          ...manner,
          open,
          isSlow,
          wasHeld,
          isFirst: at === 0,
        });
        const time = due[at] ?? NaN;
        if (!among.includes(outcome)) {
          throw new Error(
            `${this.schedule_id} at ${new Date(time).toISOString()}: ${outcome}, where ${among.join(' or ')} was expected`,
          );
        }
        this.entries.push({ time, outcome });
        open ||= STARTING.has(outcome);
      }
    }
    this.settledTo = due[at - 1] ?? this.settledTo;
    return at;
  }

  /** What was entered since it was last looked at, as outcomes and how often each; its times are those that were due. */
  private newRuns(ledger: readonly LedgerEntry[], due: readonly number[]): [TickOutcome, number][] {
    const runs = ledger.filter((entry): entry is LedgerRun => entry.kind === 'RUN');
    const found: [TickOutcome, number][] = [];
    let at = 0;
    for (const { outcome, first_ms, last_ms, count } of runs) {
      if (last_ms <= this.settledTo) continue;
      const known =
        first_ms > this.settledTo ? 0 : this.entries.filter(({ time }) => time >= first_ms).length;
      if (known === 0) expect(first_ms).toBe(due[at]);
      at += count - known;
      expect(last_ms).toBe(due[at - 1]);
      found.push([outcome, count - known]);
    }
    return found;
  }

  /** What each may come to; more than one thing where the clock went past something that matters during the step. */
  private expected(due: readonly number[], { before, after }: Span): TickOutcome[][] {
    if (this.job === undefined) return [];
    const { job, pauses } = this;
    const dueBefore = due.filter((time) => time <= before);
    const early = outcomesOf(job, dueBefore, { now: before, pauses });
    const late = outcomesOf(job, due, { now: after, pauses });
    const isSure = early.length === late.length && early.every((outcome, at) => outcome === late[at]);
    if (isSure) return early.map((outcome) => [outcome]);
    const byTime: TickOutcome[] = ['FIRED', 'LATE', 'MISSED'];
    if (job.policy.catchup !== undefined) byTime.push('CAUGHT_UP');
    return late.map((outcome, at) =>
      byTime.includes(outcome) ? byTime : [...new Set([outcome, early[at] ?? outcome])],
    );
  }

  private refined(
    expected: readonly TickOutcome[],
    facts: Manner & {
      readonly isFull: boolean;
      /** The step took so long that something was within its tolerance at first. */
      readonly isSlow: boolean;
      readonly open: boolean;
      readonly wasHeld: boolean;
      readonly isFirst: boolean;
    },
  ): readonly TickOutcome[] {
    const { insists = false, stopped = false, open, isFull, isSlow, wasHeld, isFirst } = facts;
    return expected.flatMap((outcome): TickOutcome[] => {
      if (outcome === 'MISSED') {
        // One of several at once may have held it, and another found it too late by then.
        if (!wasHeld) return isFull && isSlow ? ['MISSED', 'REJECTED'] : ['MISSED'];
        return isFirst ? ['REJECTED'] : ['REJECTED', 'MISSED'];
      }
      if (!STARTING.has(outcome)) return [outcome];
      if (stopped) return ['MISSED'];
      const isSkipped = open && outcome !== 'CAUGHT_UP' && this.job?.policy.while_running === 'SKIP';
      if (isSkipped) return ['SKIPPED_RUNNING'];
      return insists && isFull ? [outcome, 'REJECTED'] : [outcome];
    });
  }

  /** In a line one goes at a time, by nominal time. */
  private checkTurns(line: string): void {
    const inLine = this.executions.filter((execution) => execution.line === line);
    const past = inLine.filter(({ status }) => status !== 'PENDING');
    const waiting = inLine
      .filter(({ status }) => status === 'PENDING')
      .map((execution) => execution.scheduled_time);
    expect(past.filter(({ status }) => !TERMINAL.has(status)).length).toBeLessThanOrEqual(1);
    for (const { scheduled_time } of past)
      expect(scheduled_time).toBeLessThan(Math.min(...waiting, Infinity));
  }
}
