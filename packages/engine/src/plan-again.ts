import { deriveId, type StoredPlan } from '@phi/core';

import type { Services } from './services.js';

/** The plan that was kept, or the jobs that are not registered any more, or that the root of the run does not reach any more. */
export type PlannedAgain = { readonly plan_id: string } | { readonly gone: readonly string[] };

/**
 * The plan of a run by the definitions that are registered now, for some of its jobs: those that run again. Jobs that were not in the run stay out
 * of it, and so do edges to them (docs/adr/0034-operators.md). It is kept, so that a pass can be opened on it.
 *
 * @param root - the job that the run began with
 * @param runJobs - every job of the run
 * @param chosen - those that must be in it
 */
export async function planAgain(
  services: Services,
  root: string,
  runJobs: ReadonlySet<string>,
  chosen: ReadonlySet<string>,
): Promise<PlannedAgain> {
  const catalog = await services.catalog.current();
  if (!catalog.jobs.has(root)) return { gone: [root] };
  const plan = restrictPlan(catalog.planOf(root), runJobs);
  const planned = new Set(plan.jobs.map(({ job_id }) => job_id));
  const gone = [...chosen].filter((jobId) => !planned.has(jobId));
  if (gone.length > 0) return { gone };
  await services.executions.savePlan(plan);
  return { plan_id: plan.plan_id };
}

/** A plan of some of its jobs, under an id of its own. */
export function restrictPlan(plan: StoredPlan, kept: ReadonlySet<string>): StoredPlan {
  const jobs = plan.jobs
    .filter(({ job_id }) => kept.has(job_id))
    .map((job) => ({
      ...job,
      edges: job.edges.filter(({ inside, upstream_job_id }) => !inside || kept.has(upstream_job_id)),
    }));
  const dependents = new Map(
    [...plan.dependents]
      .filter(([job]) => kept.has(job))
      .map(([job, after]) => [job, after.filter((one) => kept.has(one))]),
  );
  const names = jobs.map(({ job_id }) => job_id).toSorted();
  return { plan_id: deriveId('plan-again', plan.plan_id, ...names), jobs, dependents };
}
