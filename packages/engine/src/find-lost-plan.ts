import type { ExecutionRecord, StoredPlan } from '@phi/core';

import type { Catalog } from './catalog.js';
import { restrictPlan } from './plan-again.js';
import { RegisterHistory } from './register-history.js';
import type { Services } from './services.js';

/** How many states of the register are compiled at most to find a plan. */
const STATES_TRIED = 30;
/** A run may begin by what was registered before a change that is about to be made: so many changes back. */
const CHANGES_BACK = 3;

/**
 * Makes a plan again from definitions: its id follows from them, and says whether it is the same.
 *
 * @param users - executions that go by it
 * @returns undefined where no definitions that are kept lead to it
 */
export async function findLostPlan(
  services: Services,
  planId: string,
  users: readonly ExecutionRecord[],
): Promise<StoredPlan | undefined> {
  const roots = await services.executions.getMany([...new Set(users.map(({ run_id }) => run_id))]);
  const current = await services.catalog.current();
  const jobs = new Set([...roots, ...users].map(({ job_id }) => job_id));
  const known = [...jobs].map((job) => current.planOf(job)).find(({ plan_id }) => plan_id === planId);
  if (known !== undefined || users.length === 0) return known;
  const history = await RegisterHistory.read(services);
  const tried = new Set<Catalog>();
  for (const root of roots.toSorted((a, b) => b.created_time - a.created_time)) {
    const again = users.filter(({ run_id, pass }) => run_id === root.run_id && pass > 1);
    for (const catalog of statesAround(history, [root, ...again])) {
      if (tried.size >= STATES_TRIED) return undefined;
      tried.add(catalog);
      const plan = plansOf(history, catalog, root).find(({ plan_id }) => plan_id === planId);
      if (plan !== undefined) return plan;
    }
  }
  return undefined;
}

/** What was registered when executions were created, and shortly before. */
function statesAround(history: RegisterHistory, executions: readonly ExecutionRecord[]): Set<Catalog> {
  const instants = executions.flatMap(({ created_time }) => [
    created_time,
    ...history
      .changesUntil(created_time)
      .slice(0, CHANGES_BACK)
      .map((time) => time - 1),
  ]);
  return new Set(instants.map((instant) => history.at(instant)));
}

/** By what was registered then: the plan of a run, and the one by which a part of it ran again. */
function plansOf(
  history: RegisterHistory,
  catalog: Catalog,
  { job_id, created_time }: ExecutionRecord,
): readonly StoredPlan[] {
  const plan = catalog.planOf(job_id);
  const first = history.at(created_time).planOf(job_id);
  return [plan, restrictPlan(plan, new Set(first.jobs.map((job) => job.job_id)))];
}
