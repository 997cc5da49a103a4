import {
  EXECUTION_STATUSES,
  type ExecutionFilter,
  type ExecutionRecord,
  type ExecutionStatus,
} from '@phi/core';
import type { Services } from '@phi/engine';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import {
  apply,
  define,
  failWith,
  openEngine,
  run,
  succeedWith,
  trigger,
  type EngineFixture,
} from './testing/engine-fixture.js';

const JOBS = ['a', 'b', 'c'];
const STATUSES: readonly ExecutionStatus[] = [
  'PENDING',
  'QUEUED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
];

/** Sixty executions of three jobs in every state that can be had, several of them created in the same millisecond. */
async function populate(fixture: EngineFixture): Promise<ExecutionRecord[]> {
  const { services } = fixture;
  const retry_policy = { max_attempts: 1 };
  await apply(services, [
    ...JOBS.map((job) => define(job, { retry_policy })),
    define('never'),
    define('waits', { after: ['never'] }),
  ]);
  await fixture.registerExecutor('executor');
  const triggers = Array.from({ length: 45 }, (_, n) => trigger(services, JOBS[n % JOBS.length] ?? ''));
  const ids = [
    ...(await Promise.all(triggers)),
    ...(await Promise.all(Array.from({ length: 5 }, () => trigger(services, 'waits')))),
  ];
  for (const id of ids.slice(0, 12)) await run(services, id, () => succeedWith());
  for (const id of ids.slice(12, 20)) await run(services, id, () => failWith('EXEC_005_INVALID_CONFIG'));
  for (const id of ids.slice(20, 26))
    await services.executions.transition({ event: 'CANCEL', execution_id: id, actor: 't' });
  for (const execution_id of ids.slice(26, 33))
    await services.executions.transition({
      event: 'CLAIM',
      execution_id,
      executor_id: 'executor',
      nonce: 'n',
      actor: 't',
    });
  for (let n = 0; n < 10; n++) ids.push(await trigger(services, JOBS[n % JOBS.length] ?? ''));
  return [...(await services.executions.getMany(ids))];
}

function newestFirst(a: ExecutionRecord, b: ExecutionRecord): number {
  return b.created_time - a.created_time || (a.execution_id < b.execution_id ? 1 : -1);
}

describe('listing', () => {
  let fixture: EngineFixture;
  let services: Services;
  let all: ExecutionRecord[];

  beforeAll(async () => {
    fixture = openEngine('listing');
    services = fixture.services;
    all = await populate(fixture);
  });
  afterAll(() => fixture.close());

  /** Every item over all pages, with no page longer than asked for and none but the last without a cursor. */
  async function walk<Item>(
    page: (
      cursor: string | undefined,
    ) => Promise<{ readonly items: readonly Item[]; readonly next_cursor?: string }>,
    limit: number,
  ): Promise<Item[]> {
    const found: Item[] = [];
    for (let cursor: string | undefined, pages = 0; ; pages++) {
      const { items, next_cursor } = await page(cursor);
      expect(items.length).toBeLessThanOrEqual(limit);
      found.push(...items);
      if (next_cursor === undefined) return found;
      expect(items.length).toBe(limit);
      expect(pages).toBeLessThan(1000);
      cursor = next_cursor;
    }
  }

  it('shows each execution that the filter accepts once, newest first, whatever the length of a page', async () => {
    const filters = fc.record({
      limit: fc.integer({ min: 1, max: 70 }),
      job_id: fc.option(fc.constantFrom(...JOBS, 'waits', 'unknown'), { nil: undefined }),
      status: fc.option(fc.constantFrom(...EXECUTION_STATUSES), { nil: undefined }),
    });
    await fc.assert(
      fc.asyncProperty(filters, async ({ limit, job_id, status }) => {
        const filter: ExecutionFilter = {
          limit,
          ...(job_id === undefined ? {} : { job_id }),
          ...(status === undefined ? {} : { status }),
        };
        const expected = all
          .filter((record) => job_id === undefined || record.job_id === job_id)
          .filter((record) => status === undefined || record.status === status)
          .sort(newestFirst);
        const found = await walk(
          (cursor) => services.executions.list({ ...filter, ...(cursor === undefined ? {} : { cursor }) }),
          limit,
        );
        expect(found.map(({ execution_id }) => execution_id)).toEqual(
          expected.map(({ execution_id }) => execution_id),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('counts by status what it lists by status', async () => {
    const counts = await services.executions.countByStatus();
    for (const status of STATUSES) {
      const { items } = await services.executions.list({ status, limit: 1000 });
      expect([status, counts[status]]).toEqual([status, items.length]);
      expect([status, items.length]).not.toEqual([status, 0]);
    }
  });

  it('lists each run once, newest first', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 70 }), async (limit) => {
        const found = await walk(
          (cursor) => services.runs.list({ limit, ...(cursor === undefined ? {} : { cursor }) }),
          limit,
        );
        expect(found.map(({ run_id }) => run_id)).toEqual(
          [...all].sort(newestFirst).map(({ run_id }) => run_id),
        );
      }),
      { numRuns: 20 },
    );
  });

  it('goes on from its cursor when the execution there has moved on, and repeats nothing for newer ones', async () => {
    const first = await services.executions.list({ status: 'QUEUED', limit: 5 });
    const cursor = first.next_cursor ?? '';
    const rest = await services.executions.list({ status: 'QUEUED', limit: 1000, cursor });
    const last = first.items.at(-1);
    await services.executions.transition({
      event: 'CANCEL',
      execution_id: last?.execution_id ?? '',
      actor: 't',
    });
    const added = await trigger(services, 'a');
    const again = await services.executions.list({ status: 'QUEUED', limit: 1000, cursor });
    expect(again.items.map(({ execution_id }) => execution_id)).toEqual(
      rest.items.map(({ execution_id }) => execution_id),
    );
    expect(again.items.map(({ execution_id }) => execution_id)).not.toContain(added);
    const records = await services.executions.getMany([
      ...all.map(({ execution_id }) => execution_id),
      added,
    ]);
    all = [...records];
  });
});
