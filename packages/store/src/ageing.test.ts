import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { StoredPlanJob } from '@phi/core';
import fc from 'fast-check';

import {
  createRoot,
  openFixture,
  planJob,
  planOf,
  setLimits,
  type StoreFixture,
} from './testing/store-fixture.js';

const MINUTE_US = 60_000_000;

/** Some that age and some that do not, of equal priorities and others, in pools of their own and together. */
const jobs = [-5, 0, 0, 3, 3, 10].flatMap((priority, index) =>
  [false, true].map((isStatic) =>
    planJob(`job-${String(index)}-${isStatic ? 'static' : 'aging'}`, [], {
      priority,
      resource_pool: index % 2 === 0 ? 'default' : 'red',
      ...(isStatic ? { static_priority: true } : {}),
    }),
  ),
);

/** Between which instants something happened in the store, in microseconds. */
interface Span {
  readonly from: number;
  readonly until: number;
}

interface Waiting {
  readonly job: StoredPlanJob;
  /** When the first attempt of its chain began to wait. */
  readonly since: Span;
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ job: fc.constantFrom(...jobs) }) },
  { weight: 1, arbitrary: fc.record({ ms: fc.integer({ min: 1, max: 400_000 }) }) },
  { weight: 2, arbitrary: fc.record({ retried: fc.boolean() }) },
);

describe('priority and age', () => {
  let fixture: StoreFixture;
  let clockMs: number;

  beforeEach(async () => {
    fixture = openFixture('ageing');
    clockMs = 0;
    for (const job of jobs) await fixture.stores.executions.savePlan(planOf(`plan-${job.job_id}`, [job]));
    await fixture.stores.leases.register({
      executor_id: 'executor',
      lease_ms: 1e10,
      places: 100,
      information: {},
    });
    await setLimits(fixture, new Map([['global', 1]]));
  });
  afterEach(() => fixture.close());

  const pass = (ms: number): Promise<void> => fixture.setClockOffset((clockMs += ms));
  const create = ({ job_id }: StoredPlanJob): Promise<string> =>
    createRoot(fixture, `plan-${job_id}`, job_id);
  const jobOf = (name: string): StoredPlanJob => {
    const found = jobs.find((job) => job.job_id === name);
    if (found === undefined) throw new Error(`no job ${name}`);
    return found;
  };

  async function nowUs(): Promise<number> {
    const [seconds, micros] = await fixture.redis.time();
    return Number(seconds) * 1_000_000 + Number(micros) + clockMs * 1000;
  }

  /** @returns what came of it, and between which instants */
  async function timed<Result>(act: () => Promise<Result>): Promise<readonly [Result, Span]> {
    const from = await nowUs();
    const result = await act();
    return [result, { from, until: await nowUs() }];
  }

  /** Ends what runs. @returns the id of its retry, if it has one */
  async function end(id: string, retried: boolean): Promise<string | undefined> {
    const { executions } = fixture.stores;
    const base = { execution_id: id, nonce: id, op: id, actor: 'executor' };
    await executions.transition({ ...base, event: 'CLAIM', executor_id: 'executor' });
    if (!retried) {
      await executions.transition({ ...base, event: 'SUCCEED', result: '{}', completes: true });
      return undefined;
    }
    const retry = { execution_id: `${id}-r`, not_before: 0, lost_attempts: 0 };
    await executions.transition({
      ...base,
      event: 'FAIL',
      reason: 'EXEC_006_MODULE_FAILED',
      result: '{}',
      retry,
    });
    return retry.execution_id;
  }

  it('lets one that ages overtake one that does not when it has waited long enough', async () => {
    const running = await create(jobOf('job-1-aging'));
    const aging = await create(jobOf('job-1-aging'));
    const fixed = await create(jobOf('job-3-static'));
    const later = await create(jobOf('job-3-static'));
    await pass(2 * 60_000);
    await end(running, false);
    expect(fixture.admitted).toEqual([running, fixed]);
    await pass(60_001);
    await end(fixed, false);
    expect(fixture.admitted).toEqual([running, fixed, aging]);
    await end(aging, false);
    expect(fixture.admitted).toEqual([running, fixed, aging, later]);
  });

  it('always takes the one that a comparison of all that waits would take', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const waiting = new Map<string, Waiting>();
        const running: string[] = [];
        const settle = (candidates: ReadonlyMap<string, Waiting>, decided: Span): void => {
          for (const id of fixture.admitted.splice(0)) {
            expectBest(id, candidates, decided);
            waiting.delete(id);
            running.push(id);
          }
        };
        const begun = new Map<string, Waiting>();
        const wait = (id: string, chain: Waiting | undefined): void => {
          if (chain === undefined) throw new Error(`${id} never began to wait`);
          waiting.set(id, chain);
          begun.set(id, chain);
        };
        const endOne = async (retried: boolean): Promise<void> => {
          const id = running.pop();
          if (id === undefined) return;
          const [retry, ended] = await timed(() => end(id, retried));
          settle(new Map(waiting), ended);
          if (retry === undefined) return;
          wait(retry, begun.get(id));
          const enqueue = { event: 'ENQUEUE', execution_id: retry, actor: 'test' } as const;
          const [, enqueued] = await timed(() => fixture.stores.executions.transition(enqueue));
          settle(new Map(waiting), enqueued);
        };
        for (const taken of steps) {
          if ('ms' in taken) await pass(taken.ms);
          else if ('retried' in taken) await endOne(taken.retried);
          else {
            const [id, since] = await timed(() => create(taken.job));
            wait(id, { job: taken.job, since });
            settle(new Map(waiting), since);
          }
        }
        while (running.length > 0) await endOne(false);
        expect(waiting.size).toBe(0);
      }),
      { numRuns: 60 },
    );
  }, 120_000);

  /** The store has some times in milliseconds. */
  const ROUNDING_US = 1000;

  /** By how much one was ahead of another at least, whenever in their spans it all happened, in microseconds. */
  function leastAhead(one: Waiting, other: Waiting, decided: Span): number {
    const ages = (which: Waiting): boolean => which.job.static_priority !== true;
    const points = (one.job.priority - other.job.priority) * MINUTE_US;
    if (ages(one) && ages(other)) return points + other.since.from - one.since.until;
    if (ages(one)) return points + decided.from - one.since.until;
    return ages(other) ? points - (decided.until - other.since.from) : points;
  }

  function expectBest(id: string, candidates: ReadonlyMap<string, Waiting>, decided: Span): void {
    const chosen = candidates.get(id);
    if (chosen === undefined) throw new Error(`${id} did not wait`);
    for (const other of candidates.values()) {
      const ahead = leastAhead(other, chosen, decided);
      expect(ahead).toBeLessThanOrEqual(ROUNDING_US);
      const isSameKind = other.job.static_priority === chosen.job.static_priority;
      // Of those that do not age and have the same priority, to the millisecond.
      if (isSameKind && ahead === 0)
        expect(chosen.since.from).toBeLessThanOrEqual(other.since.until + ROUNDING_US);
      if (other.job === chosen.job) expect(chosen.since.from).toBeLessThanOrEqual(other.since.until);
    }
  }
});
