import { findingOf, isTerminal, type ExecutionRecord, type StageJob } from '@phi/core';

import type { Services } from '../services.js';
import { unlessUnreadable } from '../unless-unreadable.js';
import type { Walk, WalkContext } from './walk.js';

/** Where a walk has come to: between pages of queues, or within one of them. */
interface StagePosition {
  /** Of the page of queues after this one; absent on the last. */
  readonly after?: string;
  /** Queues of this page that are left to look at. */
  readonly queues: readonly string[];
  /** Where the first of them was left. */
  readonly from: number;
}

/** Invariant 7: what waits in the queues of modules, for a worker to begin it, is waited for. */
export const walkStageJobs: Walk = {
  name: 'stage-jobs',
  invariants: [7],

  async step(context, at) {
    const { stageJobs } = context.services;
    const position = at === undefined ? undefined : (JSON.parse(at) as StagePosition);
    const [queue, ...others] = position?.queues ?? [];
    if (position === undefined || queue === undefined) {
      const { found, next_cursor } = await stageJobs.queues(position?.after);
      return next({ queues: found, from: 0, ...(next_cursor === undefined ? {} : { after: next_cursor }) });
    }
    const page = await stageJobs.waiting(queue, position.from);
    const removed = await checkStageJobs(context, page.jobs);
    return page.next === undefined
      ? next({ ...position, queues: others, from: 0 })
      : // What follows what was removed has moved up.
        next({ ...position, from: Math.max(0, page.next - removed) });
  },
};

function next(position: StagePosition): string | undefined {
  const isDone = position.queues.length === 0 && position.after === undefined;
  return isDone ? undefined : JSON.stringify(position);
}

/** Jobs whose chain has ended: it never goes on, so that what is seen stays true. @returns how many were removed */
async function checkStageJobs(
  { services, repair, tally }: WalkContext,
  jobs: readonly StageJob[],
): Promise<number> {
  let removed = 0;
  tally.count([7], jobs.length);
  for (const job of jobs) {
    const last = await lastOf(services, job.chain_id);
    if (last === undefined || !isTerminal(last.status)) continue;
    const repaired = repair && (await services.stageJobs.remove(job));
    if (repaired) {
      removed++;
      await services.integrity.countRepair('STAGE_JOB_LEFT');
    }
    const detail = `waits in ${job.queue} for a worker, and its execution ${last.execution_id} is ${last.status}`;
    tally.add([findingOf('STAGE_JOB_LEFT', { kind: 'stage_job', id: job.id }, detail, repaired)]);
  }
  return removed;
}

/** The last attempt of a chain; undefined where one of them cannot be read, or is gone: nothing is known of the chain then. */
async function lastOf({ executions }: Services, chainId: string): Promise<ExecutionRecord | undefined> {
  let last = await unlessUnreadable(executions.get(chainId));
  while (last !== 'UNREADABLE' && last?.retried_by !== undefined)
    last = await unlessUnreadable(executions.get(last.retried_by));
  return last === 'UNREADABLE' ? undefined : last;
}
