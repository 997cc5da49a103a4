import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { TICK_OUTCOMES, type LedgerEntry, type LedgerRun, type SweptMark } from '../ports/schedule-store.js';
import { nextFireTime } from './next-fire-time.js';
import type { ScheduleTiming } from './schedule-timing.js';
import { reachesSwept, verifyLedger, type LedgerFacts, type LedgerVerdict } from './verify-ledger.js';

const START = Date.parse('2026-03-07T22:00:00Z');
const HOUR = 3_600_000;

/** One for each revision; what they have in common is a change of the clock on the first day. */
const TIMINGS: readonly ScheduleTiming[] = [
  { schedule_type: 'CRON', cron_expression: '*/20 * * * *', timezone: 'UTC' },
  { schedule_type: 'CRON', cron_expression: '15 1,2,3 * * *', timezone: 'America/New_York' },
  { schedule_type: 'INTERVAL', interval_seconds: 1700, timezone: 'UTC' },
  { schedule_type: 'INTERVAL', interval_seconds: 5000, timezone: 'UTC', start_date: '2026-03-08' },
  { schedule_type: 'ONCE', run_at: '2026-03-08T09:00:00Z', timezone: 'UTC' },
  {
    schedule_type: 'CRON',
    cron_expression: '0 * * * *',
    timezone: 'Europe/Berlin',
    end_date: '2026-03-08',
  },
];
function timingAt(revision: number): ScheduleTiming {
  const timing = TIMINGS[revision];
  if (timing === undefined) throw new Error(`no timing ${String(revision)}`);
  return timing;
}
const timingOf = (_job: string, revision: number): ScheduleTiming | undefined => TIMINGS[revision];

/** How long a configuration holds, what is settled in which pieces, and how long none holds after it. */
interface Period {
  readonly revision: number;
  readonly hours: number;
  readonly pieces: readonly { readonly times: number; readonly outcome: LedgerRun['outcome'] }[];
  readonly pause: number;
}

const period: fc.Arbitrary<Period> = fc.record({
  revision: fc.nat(TIMINGS.length - 1),
  hours: fc.integer({ min: 0, max: 40 }),
  pieces: fc.array(
    fc.record({ times: fc.integer({ min: 1, max: 30 }), outcome: fc.constantFrom(...TICK_OUTCOMES) }),
    { minLength: 1, maxLength: 5 },
  ),
  pause: fc.nat(5),
});

/** A history as schedulers write it: every fire time of each configuration settled, in order. */
class History {
  readonly entries: LedgerEntry[] = [];
  private at = START;
  private last: number | undefined;
  private next: number | undefined;
  private in_force = false;

  constructor(periods: readonly Period[], closed: boolean) {
    for (const [index, each] of periods.entries()) this.add(each, closed || index < periods.length - 1);
  }

  facts(more: Partial<LedgerFacts> = {}): LedgerFacts {
    const state = {
      job_id: 'job',
      revision: 0,
      in_force: this.in_force,
      anchor_ms: 0,
      rev: 0,
      pauses: [],
      counts: {},
      ...(this.last === undefined ? {} : { last_ms: this.last }),
      ...(this.next === undefined ? {} : { next_ms: this.next }),
    };
    const is_due = this.next !== undefined;
    return { state, entries: this.entries, from_start: true, is_due, timingOf, ...more };
  }

  private add({ revision, hours, pieces, pause }: Period, ends: boolean): void {
    const timing = timingAt(revision);
    const from = this.at;
    const until = from + hours * HOUR;
    this.entries.push({ kind: 'BEGIN', from_ms: from, anchor_ms: from, revision, job_id: 'job' });
    this.next = nextFireTime(timing, from, from);
    for (let n = 0; this.next !== undefined && this.next <= until; n++) {
      const { times, outcome } = pieces[n % pieces.length] ?? { times: 1, outcome: 'FIRED' };
      for (let left = times; left > 0 && this.next !== undefined && this.next <= until; left--)
        this.settle(this.next, outcome, revision, nextFireTime(timing, this.next, from));
    }
    this.at = until + pause * HOUR;
    this.in_force = !ends;
    if (!ends) return;
    this.entries.push({ kind: 'END', at_ms: until, why: 'CHANGED', job_id: 'job' });
    this.next = undefined;
  }

  private settle(
    time: number,
    outcome: LedgerRun['outcome'],
    revision: number,
    next: number | undefined,
  ): void {
    const earlier = this.entries.at(-1);
    if (earlier?.kind === 'RUN' && earlier.outcome === outcome)
      this.entries[this.entries.length - 1] = { ...earlier, last_ms: time, count: earlier.count + 1 };
    else this.entries.push({ kind: 'RUN', outcome, first_ms: time, last_ms: time, count: 1, revision });
    this.last = time;
    this.next = next;
  }
}

const history = fc
  .tuple(fc.array(period, { minLength: 1, maxLength: 6 }), fc.boolean())
  .map(([periods, closed]) => new History(periods, closed));

/** Verifies as the sweep does, from mark to mark. */
function verifyAll(facts: LedgerFacts, atMost: number): LedgerVerdict {
  let { swept } = facts;
  for (;;) {
    const verdict = verifyLedger({ ...facts, ...(swept === undefined ? {} : { swept }) }, atMost);
    if (verdict.complete) return verdict;
    expect(verdict.swept).not.toEqual(swept);
    swept = verdict.swept;
  }
}

const markOf = ({ first_ms, last_ms, count }: LedgerRun): SweptMark => ({ first_ms, last_ms, count });
const runsOf = (entries: readonly LedgerEntry[]): LedgerRun[] =>
  entries.filter((entry) => entry.kind === 'RUN');

describe('a ledger as schedulers write it', () => {
  it('adds up, verified in whatever pieces', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: 1, max: 40 }), (written, atMost) => {
        const verdict = verifyAll(written.facts(), atMost);
        expect(verdict.hole).toBeUndefined();
        const last = runsOf(written.entries).at(-1);
        expect(verdict.swept).toEqual(last === undefined ? undefined : markOf(last));
      }),
    );
  });

  it('adds up from any place within, its beginning gone or not', () => {
    fc.assert(
      fc.property(history, fc.nat(), fc.nat(), (written, run, inRun) => {
        const runs = runsOf(written.entries);
        const at = runs[run % Math.max(1, runs.length)];
        fc.pre(at !== undefined);
        const timing = timingAt(at.revision);
        let swept = { first_ms: at.first_ms, last_ms: at.first_ms, count: 1 };
        for (let n = inRun % at.count; n > 0; n--)
          swept = {
            ...swept,
            last_ms: nextFireTime(timing, swept.last_ms, at.first_ms) ?? NaN,
            count: swept.count + 1,
          };
        const rest = written.entries.slice(written.entries.indexOf(at));
        for (const facts of [
          written.facts({ swept }),
          written.facts({ swept, entries: rest, from_start: false }),
          written.facts({ entries: rest, from_start: false }),
        ])
          expect(verifyAll(facts, 50).hole).toBeUndefined();
      }),
    );
  });

  it('costs what is new, and one fire time more', () => {
    const everyMinute = new History(
      [{ revision: 0, hours: 40, pieces: [{ times: 100, outcome: 'FIRED' }], pause: 0 }],
      false,
    );
    const facts = everyMinute.facts();
    const { swept, computed } = verifyLedger(facts, 1000);
    expect(computed).toBe(121);
    expect(verifyLedger({ ...facts, ...(swept && { swept }) }, 1000).computed).toBe(1);
  });

  it('says nothing of a configuration that is gone', () => {
    fc.assert(
      fc.property(history, (written) => {
        expect(verifyLedger(written.facts({ timingOf: () => undefined }), 10)).toMatchObject({
          complete: true,
          computed: 0,
        });
      }),
    );
  });
});

describe('a hole', () => {
  const holeOf = (facts: LedgerFacts): string | undefined => verifyAll(facts, 7).hole;
  const changed = (entries: readonly LedgerEntry[], at: number, entry?: LedgerEntry): LedgerEntry[] =>
    entries.toSpliced(at, 1, ...(entry === undefined ? [] : [entry]));

  it('is any entry that is not there', () => {
    fc.assert(
      fc.property(history, fc.nat(), (written, index) => {
        const entries = changed(written.entries, index % written.entries.length);
        expect(holeOf(written.facts({ entries }))).toEqual(expect.any(String));
      }),
    );
  });

  it('is a run that counts, begins or ends otherwise', () => {
    const otherwise = fc.constantFrom(
      (run: LedgerRun) => ({ ...run, count: run.count + 1 }),
      (run: LedgerRun) => ({ ...run, count: run.count - 1 }),
      (run: LedgerRun) => ({ ...run, first_ms: run.first_ms + 1 }),
      (run: LedgerRun) => ({ ...run, last_ms: run.last_ms + 1000 }),
    );
    fc.assert(
      fc.property(history, fc.nat(), otherwise, (written, index, change) => {
        const runs = runsOf(written.entries);
        const run = runs[index % Math.max(1, runs.length)];
        fc.pre(run !== undefined);
        const entries = changed(written.entries, written.entries.indexOf(run), change(run));
        expect(holeOf(written.facts({ entries }))).toEqual(expect.any(String));
        expect(holeOf(written.facts({ entries, swept: markOf(run) }))).toEqual(expect.any(String));
      }),
    );
  });

  it('is a schedule that stands elsewhere', () => {
    fc.assert(
      fc.property(history, fc.integer({ min: -3, max: 3 }), (written, shift) => {
        const facts = written.facts();
        const { next_ms, ...state } = facts.state;
        const standing = (more: object): LedgerFacts => ({ ...facts, state: { ...state, ...more } });
        fc.pre(next_ms !== undefined && shift !== 0);
        expect(holeOf(standing({ next_ms: next_ms + shift * 1000 }))).toEqual(expect.any(String));
        expect(holeOf(standing({}))).toContain('has no outcome: the schedule stands at no time');
        expect(holeOf({ ...facts, is_due: false })).toContain('no scheduler will look at it');
        expect(holeOf(standing({ next_ms, in_force: false }))).toContain('not in force');
        expect(holeOf(standing({ next_ms, last_ms: 1 }))).toContain('settled');
      }),
    );
  });

  it('is told with its times', () => {
    const hourly = new History(
      [
        {
          revision: 0,
          hours: 2,
          pieces: [
            { times: 2, outcome: 'FIRED' },
            { times: 2, outcome: 'MISSED' },
          ],
          pause: 0,
        },
      ],
      false,
    );
    const { entries, state } = hourly.facts();
    expect(entries.map((entry) => (entry.kind === 'RUN' ? entry.count : entry.kind))).toEqual([
      'BEGIN',
      2,
      2,
      2,
    ]);
    const tell = (more: Partial<LedgerFacts>): string | undefined => holeOf(hourly.facts(more));
    expect(tell({ entries: changed(entries, 2) })).toBe(
      '2026-03-07T23:00:00.000Z has no outcome: the ledger goes on with 2026-03-07T23:40:00.000Z (FIRED)',
    );
    const run = entries[1] as LedgerRun;
    expect(tell({ entries: changed(entries, 1, { ...run, count: 5 }) })).toBe(
      'from 2026-03-07T22:20:00.000Z to 2026-03-07T22:40:00.000Z the ledger counts 5 fire times (FIRED), and there are 2',
    );
    expect(tell({ entries: changed(entries, 1, { ...run, last_ms: run.last_ms + 1 }) })).toBe(
      'from 2026-03-07T22:20:00.000Z to 2026-03-07T22:40:00.001Z the ledger counts 2 fire times (FIRED), and there are more: number 2 is 2026-03-07T22:40:00.000Z',
    );
    expect(tell({ state: { ...state, next_ms: (state.next_ms ?? 0) + 2 * 1_200_000 } })).toBe(
      '2026-03-08T00:20:00.000Z has no outcome: the schedule stands at 2026-03-08T01:00:00.000Z',
    );
  });
});

describe('reachesSwept', () => {
  it('is so where the run is among the entries, or all of them are there', () => {
    const written = new History(
      [
        {
          revision: 0,
          hours: 9,
          pieces: [
            { times: 2, outcome: 'FIRED' },
            { times: 2, outcome: 'LATE' },
          ],
          pause: 0,
        },
      ],
      false,
    );
    const [first, , third] = runsOf(written.entries);
    if (first === undefined || third === undefined) throw new Error('too short');
    const entries = written.entries.slice(2);
    expect(reachesSwept(written.facts())).toBe(true);
    expect(reachesSwept(written.facts({ entries, from_start: false, swept: markOf(third) }))).toBe(true);
    expect(reachesSwept(written.facts({ entries, from_start: false, swept: markOf(first) }))).toBe(false);
    expect(reachesSwept(written.facts({ entries, from_start: false }))).toBe(false);
  });
});
