import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decideTicks, type TickDecision, type TickFacts } from './decide-ticks.js';

const NOW = 1_000_000_000;

/** Facts about fire times so many seconds ago. */
function facts(secondsAgo: readonly number[], more: Partial<TickFacts> = {}): TickFacts {
  return {
    times: secondsAgo.map((seconds) => NOW - seconds * 1000),
    complete: true,
    now_ms: NOW,
    tolerance_seconds: 60,
    catchup_enabled: false,
    max_catchup_runs: 10,
    pauses: [],
    is_skipped_at: () => false,
    ...more,
  };
}

/** `FIRED`, or `MISSED×3`. */
const brief = (decisions: readonly TickDecision[]): string[] =>
  decisions.map(({ outcome, count }) => (count === 1 ? outcome : `${outcome}×${String(count)}`));

const ago = (seconds: number): number => NOW - seconds * 1000;

describe('decideTicks', () => {
  it.each<[string, TickFacts, string[]]>([
    ['one on time', facts([0]), ['FIRED']],
    ['late within tolerance, each alone', facts([120, 60, 30, 0]), ['MISSED', 'LATE', 'LATE', 'FIRED']],
    ['a backlog', facts([400, 300, 200]), ['MISSED×3']],
    [
      'the latest missed are caught up',
      facts([400, 300, 200, 100, 0], { catchup_enabled: true, max_catchup_runs: 2 }),
      ['MISSED×2', 'CAUGHT_UP', 'CAUGHT_UP', 'FIRED'],
    ],
    [
      'none are, with a limit of none',
      facts([100], { catchup_enabled: true, max_catchup_runs: 0 }),
      ['MISSED'],
    ],
    [
      'a pause is not missed, and not caught up',
      facts([500, 400, 300, 200, 100], {
        catchup_enabled: true,
        max_catchup_runs: 2,
        pauses: [{ from_ms: ago(400), until_ms: ago(200) }],
      }),
      ['MISSED', 'SKIPPED_PAUSED×2', 'CAUGHT_UP', 'CAUGHT_UP'],
    ],
    [
      'a pause that lasts',
      facts([30, 20, 0], { pauses: [{ from_ms: ago(20) }] }),
      ['LATE', 'SKIPPED_PAUSED×2'],
    ],
    [
      'outside the windows at its time',
      facts([90, 30, 0], { is_skipped_at: (at) => at === ago(30) }),
      ['MISSED', 'SKIPPED_WINDOW', 'FIRED'],
    ],
    [
      'outside the windows by now: nothing starts, and what was missed stays missed',
      facts([500, 90, 30], {
        catchup_enabled: true,
        max_catchup_runs: 1,
        is_skipped_at: (at) => at === NOW,
      }),
      ['MISSED', 'SKIPPED_WINDOW×2'],
    ],
    [
      'held until its tolerance ran out',
      facts([90, 30], { held: 'RES_005_QUEUE_FULL' }),
      ['REJECTED', 'LATE'],
    ],
    [
      'held for an exhausted resource until its tolerance ran out',
      facts([90, 30], { held: 'RES_001_MEMORY_EXHAUSTED' }),
      ['MISSED', 'LATE'],
    ],
    [
      'held, and caught up all the same',
      facts([90], { held: 'RES_005_QUEUE_FULL', catchup_enabled: true }),
      ['CAUGHT_UP'],
    ],
    [
      'a piece of a longer backlog: the last of it may be among the latest',
      facts([500, 400, 300, 200], { complete: false, catchup_enabled: true, max_catchup_runs: 3 }),
      ['MISSED'],
    ],
    [
      'a piece that ends in a pause: what was missed before that may be among the latest, or not',
      facts([600, 500, 400, 300, 200], {
        complete: false,
        catchup_enabled: true,
        max_catchup_runs: 2,
        pauses: [{ from_ms: ago(350) }],
      }),
      ['MISSED'],
    ],
    [
      'a piece of which nothing is known yet',
      facts([600, 500, 400], {
        complete: false,
        catchup_enabled: true,
        max_catchup_runs: 1,
        pauses: [{ from_ms: ago(500) }],
      }),
      [],
    ],
    ['a piece of a longer backlog without catchup', facts([600, 500], { complete: false }), ['MISSED×2']],
  ])('%s', (_, given, expected) => {
    expect(brief(decideTicks(given))).toEqual(expected);
  });

  it('says why', () => {
    const paused = decideTicks(facts([0], { pauses: [{ from_ms: 0 }] }));
    expect(paused).toEqual([
      { outcome: 'SKIPPED_PAUSED', reason: 'SKIP_003_PAUSED', first_ms: NOW, last_ms: NOW, count: 1 },
    ]);
  });

  it('covers the times it decides without a gap, starts each alone and catches up no more than it may', () => {
    const given = fc.record({
      secondsAgo: fc.uniqueArray(fc.nat(500), { minLength: 1, maxLength: 60 }),
      max: fc.nat(20),
      catchup: fc.boolean(),
      complete: fc.boolean(),
      pausedFrom: fc.nat(500),
    });
    fc.assert(
      fc.property(given, ({ secondsAgo, max, catchup, complete, pausedFrom }) => {
        const sorted = secondsAgo.toSorted((a, b) => b - a);
        const input = facts(sorted, {
          complete,
          catchup_enabled: catchup,
          max_catchup_runs: max,
          pauses: [{ from_ms: ago(pausedFrom), until_ms: ago(pausedFrom / 2) }],
        });
        const decisions = decideTicks(input);
        let at = 0;
        for (const { first_ms, last_ms, count, outcome } of decisions) {
          expect(first_ms).toBe(input.times[at]);
          expect(last_ms).toBe(input.times[at + count - 1]);
          if (['FIRED', 'LATE', 'CAUGHT_UP'].includes(outcome)) expect(count).toBe(1);
          at += count;
        }
        const caughtUp = decisions.filter(({ outcome }) => outcome === 'CAUGHT_UP').length;
        expect(caughtUp).toBeLessThanOrEqual(complete && catchup ? max : 0);
        if (complete) expect(at).toBe(input.times.length);
        // What is left begins with one that was missed, and holds no more of them than may be caught up.
        const left = decideTicks({ ...input, complete: true, times: input.times.slice(at) });
        if (left.length > 0) expect(left[0]?.outcome).toBe('CAUGHT_UP');
        expect(left.map(({ outcome }) => outcome)).not.toContain('MISSED');
      }),
    );
  });
});
