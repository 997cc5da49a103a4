import type { DueTrigger, FlushAnswer, FlushCommand } from '@phi/core';

import { waitsForChain } from './active-trigger.js';
import type { Catalog } from './catalog.js';
import type { Services } from './services.js';

/** Triggers looked at in one round. */
const ROUND = 50;

/** How often the registered graph may change under a flush before it is left to the next cycle. */
const TRIES = 5;

/** What one cycle did, and when the next is due. */
export interface FlushReport {
  /** How many executions were started. */
  readonly flushed: number;
  /** Milliseconds until the next trigger is due, by Redis' clock; absent when there is none to wait for. */
  readonly next_in_ms?: number;
}

/**
 * Starts an execution from what each trigger holds that is due (design: Events). Any number of schedulers may run it at once:
 * the execution's id follows from the number of the flush, and the script that creates it takes its events off the list.
 */
export async function flushTriggers(services: Services): Promise<FlushReport> {
  let flushed = 0;
  let stuck = false;
  for (let moved = true; moved;) {
    const due = await services.events.due(await services.schedules.now(), ROUND);
    const answers = await Promise.all(due.map((trigger) => flushDue(services, trigger)));
    const started = answers.filter((answer) => answer?.ok === true).length;
    flushed += started;
    moved = started > 0;
    stuck = due.length > 0;
  }
  const [next, now] = await Promise.all([services.events.nextDue(), services.schedules.now()]);
  // What is due and was not flushed is another scheduler's by now, or waits for what no hurry brings about.
  if (next === undefined || (stuck && next <= now)) return { flushed };
  return { flushed, next_in_ms: Math.max(0, next - now) };
}

async function flushDue(services: Services, due: DueTrigger): Promise<FlushAnswer | undefined> {
  let catalog = await services.catalog.cachedOrRead();
  for (let tried = 0; tried < TRIES; tried++) {
    const answer = await services.events.flush({
      ...flushOf(catalog, due),
      flush: due.flush,
      capacity: services.config.EXECUTOR_QUEUE_CAPACITY,
    });
    if (answer.ok) return answer;
    if (answer.refusal === 'STALE_GRAPH') catalog = await services.catalog.refresh(catalog);
    else if (answer.refusal === 'UNKNOWN_PLAN') await savePlan(services, catalog, due.job_id);
    else return answer;
  }
  return undefined;
}

/** A flush of a trigger as its job is registered; of a job that is gone, as its events were accepted. */
export function flushOf(
  catalog: Catalog,
  { job_id, trigger_id }: Pick<DueTrigger, 'job_id' | 'trigger_id'>,
): FlushCommand {
  const job = catalog.jobs.get(job_id);
  const base = {
    job_id,
    trigger_id,
    actor: 'scheduler',
    ...(catalog.graph_id === undefined ? {} : { graph_id: catalog.graph_id }),
  };
  if (job === undefined) return base;
  return { ...base, plan_id: catalog.planOf(job_id).plan_id, waits: waitsForChain(job.definition) };
}

export async function savePlan(services: Services, catalog: Catalog, jobId: string): Promise<void> {
  if (catalog.jobs.has(jobId)) await services.executions.savePlan(catalog.planOf(jobId));
}
