import type { Services } from '@phi/engine';
import type { DependencyJoin } from '@phi/core';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { apply, define, executionsOf, openEngine, type EngineFixture } from './testing/engine-fixture.js';
import { expectSound } from './testing/expect-sound.js';
import { fire, runAll } from './testing/pipeline.js';

const SOURCES = ['one', 'two', 'three'] as const;
const BASE = Date.UTC(2025, 0, 6);

type Step =
  { readonly kind: 'source'; readonly source: number; readonly at: number } | { readonly kind: 'joiner' };

interface Story {
  /** How the joiner takes the outcomes of each source. */
  readonly joins: readonly DependencyJoin[];
  /** Whether the joiner has a schedule, and its sources only gate it. */
  readonly gated: boolean;
  readonly steps: readonly Step[];
}

interface Outcome {
  readonly id: string;
  readonly time: number;
  readonly seq: number;
}

/** What the joiner has used, by the letter of docs/dependencies.md: it looks at everything after every step. */
class NaiveJoiner {
  private readonly arrived: Outcome[][];
  private readonly used: Set<string>[];
  private readonly mark: (Outcome | undefined)[];
  private waiting = 0;
  readonly ran: string[][] = [];

  constructor(
    private readonly joins: readonly DependencyJoin[],
    private readonly gated: boolean,
  ) {
    this.arrived = joins.map(() => []);
    this.used = joins.map(() => new Set());
    this.mark = joins.map(() => undefined);
  }

  arrive(source: number, id: string, time: number): void {
    const list = this.arrived[source] ?? [];
    list.push({ id, time, seq: list.length + 1 });
    this.runWhilePossible();
  }

  fire(): void {
    this.waiting += 1;
    this.runWhilePossible();
  }

  private runWhilePossible(): void {
    for (;;) {
      const mayStart = this.gated ? this.waiting > 0 : this.joins.some((join) => join !== 'LATEST');
      if (!mayStart) return;
      const taken = this.joins.map((join, source) => this.available(join, source));
      if (taken.some((outcome) => outcome === undefined)) return;
      this.waiting -= 1;
      taken.forEach((outcome, source) => {
        if (outcome === undefined) return;
        this.used[source]?.add(outcome.id);
        this.mark[source] = outcome;
      });
      this.ran.push(taken.map((outcome) => outcome?.id ?? ''));
    }
  }

  private available(join: DependencyJoin, source: number): Outcome | undefined {
    const list = this.arrived[source] ?? [];
    if (join === 'EACH') return list.find(({ id }) => this.used[source]?.has(id) !== true);
    const newest = [...list].sort((a, b) => b.time - a.time || b.seq - a.seq)[0];
    if (join === 'LATEST' || newest === undefined) return newest;
    const mark = this.mark[source];
    return mark === undefined ||
      newest.time > mark.time ||
      (newest.time === mark.time && newest.seq > mark.seq)
      ? newest
      : undefined;
  }
}

/** Whose only starter is one source runs once for each of its runs: nothing contends with it. */
function asModelled({ joins, gated }: Story): readonly DependencyJoin[] {
  const starters = joins.filter((join) => join !== 'LATEST');
  if (gated || starters.length !== 1) return joins;
  return joins.map((join) => (join === 'LATEST' ? join : 'EACH'));
}

const story: fc.Arbitrary<Story> = fc.record({
  joins: fc.array(fc.constantFrom<DependencyJoin>('NEW', 'EACH', 'LATEST'), { minLength: 2, maxLength: 3 }),
  gated: fc.boolean(),
  steps: fc.array(
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ kind: fc.constant('source' as const), source: fc.nat(2), at: fc.nat(6) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('joiner' as const) }) },
    ),
    { maxLength: 24 },
  ),
});

let fixture: EngineFixture;
let services: Services;

beforeAll(() => {
  fixture = openEngine('joins', { DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS: 3600 });
  services = fixture.services;
});
afterAll(() => fixture.close());

async function begin({ joins, gated }: Story): Promise<void> {
  const left = await fixture.redis.keys(fixture.key('*'));
  if (left.length > 0) await fixture.redis.unlink(...left);
  services = fixture.anotherProcess();
  fixture.admitted.length = 0;
  await fixture.registerExecutor('executor', 3_600_000);
  const schedule = { schedule_type: 'CRON', cron_expression: '0 * * * *' } as const;
  await apply(services, [
    ...joins.map((_, source) => define(SOURCES[source] ?? '')),
    define('joiner', {
      ...(gated ? { schedule } : {}),
      after: joins.map((join, source) => ({ upstream_job_id: SOURCES[source] ?? '', join })),
    }),
  ]);
}

/** What each execution of the joiner that ran has used, in the order in which they ran. */
async function usedByJoiner(count: number): Promise<string[][]> {
  const records = await executionsOf(services, 'joiner');
  const ran = records.filter(({ status }) => status === 'COMPLETED');
  const inOrder = ran.sort(
    (a, b) => (a.started_time ?? 0) - (b.started_time ?? 0) || (a.fence ?? 0) - (b.fence ?? 0),
  );
  return Promise.all(
    inOrder.map(async ({ execution_id }) => {
      const edges = await services.executions.decidedEdges(execution_id);
      return SOURCES.slice(0, count).map(
        (source) => edges.find(({ job_id }) => job_id === source)?.execution_id ?? '',
      );
    }),
  );
}

/**
 * First in, first out holds for the queue. An execution of a triggered joiner that is superseded gives back what it has taken from there, and
 * another one may hold a later outcome by then: so with three sources only that each is taken once.
 */
function compare({ joins, gated }: Story, used: string[][], modelled: string[][]): void {
  if (gated || joins.length < 3) {
    expect(used).toEqual(modelled);
    return;
  }
  const isEach = (source: number): boolean => joins[source] === 'EACH';
  const others = (rows: string[][]): string[][] =>
    rows.map((row) => row.filter((_, source) => !isEach(source)));
  expect(others(used)).toEqual(others(modelled));
  joins.forEach((_, source) => {
    const column = used.map((row) => row[source]);
    if (isEach(source)) expect(new Set(column).size).toBe(column.length);
  });
}

it('takes outcomes of other runs as each join says, in whatever order they come', async () => {
  await fc.assert(
    fc.asyncProperty(story, async (told) => {
      await begin(told);
      const model = new NaiveJoiner(asModelled(told), told.gated);
      const runs: string[] = [];
      for (const step of told.steps) {
        if (step.kind === 'source') {
          const source = step.source % told.joins.length;
          const at = BASE + step.at * 1000;
          const id = await fire(services, SOURCES[source] ?? '', at);
          runs.push(id);
          await runAll(fixture);
          model.arrive(source, id, at);
        } else if (told.gated) {
          runs.push(await fire(services, 'joiner', BASE + 10_000));
          await runAll(fixture);
          model.fire();
        }
      }
      await expectSound(services);
      compare(told, await usedByJoiner(told.joins.length), model.ran);
      const pending = (await executionsOf(services, 'joiner')).filter(({ status }) => status === 'PENDING');
      const open = new Set(pending.map(({ run_id }) => run_id));
      for (const id of runs)
        expect([id, (await services.runs.get(id))?.open === 0]).toEqual([id, !open.has(id)]);
      const startsByNew = told.joins.every((join) => join !== 'EACH') && !told.gated;
      if (startsByNew && told.joins.filter((join) => join === 'NEW').length > 1)
        expect(pending.length).toBeLessThanOrEqual(1);
    }),
    { numRuns: Number(process.env['PHI_TEST_RUNS'] ?? 60) },
  );
}, 600_000);
