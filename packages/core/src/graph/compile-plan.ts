import { deriveId } from '../ids/derive-id.js';
import type { GraphDependency, GraphJob } from './compile-graph.js';

/** How an edge of a planned job is decided: by this run's upstream, or by outcomes from outside it. */
export interface PlannedEdge {
  readonly dependency_id: string;
  readonly upstream_job_id: string;
  readonly dependency_type: GraphDependency['dependency_type'];
  readonly join: GraphDependency['join'];
  /** True where the run's root reaches the upstream. */
  readonly inside: boolean;
  /** True where the upstream is not registered. */
  readonly missing: boolean;
}

export interface PlannedJob<Job extends GraphJob = GraphJob> {
  readonly job: Job;
  readonly edges: readonly PlannedEdge[];
}

/** What one root starts: pinned by a run, so that a definition changed meanwhile does not change the run. */
export interface RunPlan<Job extends GraphJob = GraphJob> {
  /** Follows from the contents: the same root over the same revisions is the same plan. */
  readonly plan_id: string;
  readonly root: string;
  readonly jobs: ReadonlyMap<string, PlannedJob<Job>>;
  /** For each planned job, the planned jobs that wait for it inside the run. */
  readonly dependents: ReadonlyMap<string, readonly string[]>;
}

/**
 * The plan of a run: the root and everything that its completion can start.
 *
 * An edge that joins LATEST only gates, and a job with a schedule of its own is not started by its
 * dependencies, so neither extends the reach.
 *
 * @param byId - every registered job
 * @param startsOf - for each job, the jobs that it can start (see {@link startEdges})
 * @param root - the job that was triggered; it must be registered
 */
export function compilePlan<Job extends GraphJob>(
  byId: ReadonlyMap<string, Job>,
  startsOf: ReadonlyMap<string, readonly string[]>,
  root: string,
): RunPlan<Job> {
  const reached = reach(startsOf, root);
  const jobs = new Map<string, PlannedJob<Job>>();
  for (const jobId of reached) {
    const job = byId.get(jobId);
    if (job === undefined) continue;
    const edges = job.dependencies.map((dependency) => ({
      dependency_id: dependency.dependency_id,
      upstream_job_id: dependency.upstream_job_id,
      dependency_type: dependency.dependency_type,
      join: dependency.join,
      inside: jobId !== root && reached.has(dependency.upstream_job_id),
      missing: !byId.has(dependency.upstream_job_id),
    }));
    jobs.set(jobId, { job, edges });
  }
  return { plan_id: planId(root, jobs), root, jobs, dependents: insideDependents(jobs) };
}

/** For each job, the jobs its completion can start. */
export function startEdges(jobs: Iterable<GraphJob>): Map<string, string[]> {
  const starts = new Map<string, string[]>();
  for (const job of jobs) {
    if (!job.started_by_dependencies) continue;
    for (const upstream of new Set(
      job.dependencies.filter((d) => d.join !== 'LATEST').map((d) => d.upstream_job_id),
    )) {
      const targets = starts.get(upstream);
      if (targets === undefined) starts.set(upstream, [job.job_id]);
      else targets.push(job.job_id);
    }
  }
  return starts;
}

function reach(startsOf: ReadonlyMap<string, readonly string[]>, root: string): Set<string> {
  const reached = new Set([root]);
  for (const jobId of reached) for (const next of startsOf.get(jobId) ?? []) reached.add(next);
  return reached;
}

function insideDependents(jobs: ReadonlyMap<string, PlannedJob>): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const [jobId, planned] of jobs) {
    for (const upstream of new Set(
      planned.edges.filter((edge) => edge.inside).map((edge) => edge.upstream_job_id),
    )) {
      const targets = dependents.get(upstream);
      if (targets === undefined) dependents.set(upstream, [jobId]);
      else targets.push(jobId);
    }
  }
  return dependents;
}

function planId(root: string, jobs: ReadonlyMap<string, PlannedJob>): string {
  const members = [...jobs].map(([jobId, { job, edges }]) =>
    [jobId, job.revision, ...edges.map(describeEdge)].join(','),
  );
  return deriveId('plan', root, ...members.sort());
}

/** What of an edge does not follow from the revision of its job. */
function describeEdge(edge: PlannedEdge): string {
  if (edge.missing) return 'missing';
  return edge.inside ? 'inside' : 'outside';
}
