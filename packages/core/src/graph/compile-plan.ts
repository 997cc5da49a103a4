import { deriveId } from '../ids/derive-id.js';
import type { EdgeKind } from '../schema/dependency-graph.js';
import type { GraphDependency, GraphJob } from './graph-job.js';
import { linksOf, referencedJobs, type DataLink, type JobLink } from './job-links.js';

/** How an edge of a planned job is decided: by this run's upstream, or by outcomes from outside it. */
export interface PlannedEdge {
  readonly dependency_id: string;
  readonly upstream_job_id: string;
  readonly dependency_type: GraphDependency['dependency_type'];
  readonly join: GraphDependency['join'];
  readonly kind: EdgeKind;
  /** In CEL over `upstream`. */
  readonly condition: GraphDependency['condition'];
  /** When the job may run after its upstream; only where the kind is TEMPORAL. */
  readonly window: GraphDependency['window'];
  /** The dataset that is consumed, where the upstream is one of its producers. */
  readonly dataset?: string;
  /** The other producers of that dataset: their edges have the same dependency_id, and any of them satisfies it. */
  readonly other_producers: readonly string[];
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

/** How the jobs of a register are connected, as far as runs go. */
export interface JobConnections {
  /** For each job, the jobs that its completion can start. */
  readonly startsOf: ReadonlyMap<string, readonly string[]>;
  /** For each dataset, the jobs that publish it. */
  readonly producersOf: ReadonlyMap<string, readonly string[]>;
}

/**
 * The plan of a run: the root and everything that its completion can start.
 *
 * An edge that joins LATEST only gates, and a job with a schedule of its own is not started by its
 * dependencies, so neither extends the reach.
 *
 * @param byId - every registered job
 * @param connections - of all of them (see {@link connectJobs})
 * @param root - the job that was triggered; it must be registered
 */
export function compilePlan<Job extends GraphJob>(
  byId: ReadonlyMap<string, Job>,
  connections: JobConnections,
  root: string,
): RunPlan<Job> {
  const reached = reach(connections.startsOf, root);
  const jobs = new Map<string, PlannedJob<Job>>();
  for (const jobId of reached) {
    const job = byId.get(jobId);
    if (job === undefined) continue;
    const edges = plannedEdges(job, connections.producersOf).map((edge) => ({
      ...edge,
      inside: jobId !== root && reached.has(edge.upstream_job_id),
      missing: !byId.has(edge.upstream_job_id),
    }));
    jobs.set(jobId, { job, edges });
  }
  return { plan_id: planId(root, jobs), root, jobs, dependents: insideDependents(jobs) };
}

type RegisteredEdge = Omit<PlannedEdge, 'inside' | 'missing'>;

/** What follows of the edges of a job from the register alone. */
function plannedEdges(job: GraphJob, producersOf: JobConnections['producersOf']): RegisteredEdge[] {
  return linksOf(job).flatMap((link): RegisteredEdge[] => {
    if (!('dataset' in link))
      return [{ ...edgeOf(link), upstream_job_id: link.upstream_job_id, other_producers: [] }];
    const { dataset } = link;
    const producers = (producersOf.get(dataset) ?? []).filter((producer) => producer !== job.job_id);
    return producers.map((upstream_job_id) => {
      const other_producers = producers.filter((producer) => producer !== upstream_job_id);
      return { ...edgeOf(link), upstream_job_id, dataset, other_producers };
    });
  });
}

function edgeOf({
  dependency_id,
  kind,
  dependency_type,
  join,
  condition,
  window,
}: JobLink | DataLink): Pick<
  PlannedEdge,
  'dependency_id' | 'kind' | 'dependency_type' | 'join' | 'condition' | 'window'
> {
  return { dependency_id, kind, dependency_type, join, condition, window };
}

/** How registered jobs are connected; kept for every plan that is compiled over them. */
export function connectJobs(jobs: Iterable<GraphJob>): JobConnections {
  const all = [...jobs];
  const producersOf = new Map<string, string[]>();
  for (const { job_id, produces } of all)
    for (const dataset of new Set(produces)) append(producersOf, dataset, job_id);
  for (const producers of producersOf.values()) producers.sort();
  const startsOf = new Map<string, string[]>();
  for (const job of all) {
    if (!job.started_by_dependencies) continue;
    for (const upstream of startersOf(job, producersOf)) append(startsOf, upstream, job.job_id);
  }
  return { startsOf, producersOf };
}

function startersOf(job: GraphJob, producersOf: JobConnections['producersOf']): Set<string> {
  const starters = new Set<string>();
  for (const { join, upstream_job_id } of job.dependencies)
    if (join !== 'LATEST') starters.add(upstream_job_id);
  for (const { job_id } of referencedJobs(job)) starters.add(job_id);
  for (const dataset of job.consumes)
    for (const producer of producersOf.get(dataset) ?? [])
      if (producer !== job.job_id) starters.add(producer);
  return starters;
}

function append(lists: Map<string, string[]>, name: string, member: string): void {
  const list = lists.get(name);
  if (list === undefined) lists.set(name, [member]);
  else list.push(member);
}

function reach(startsOf: ReadonlyMap<string, readonly string[]>, root: string): Set<string> {
  const reached = new Set([root]);
  for (const jobId of reached) for (const next of startsOf.get(jobId) ?? []) reached.add(next);
  return reached;
}

function insideDependents(jobs: ReadonlyMap<string, PlannedJob>): Map<string, string[]> {
  const dependents = new Map<string, string[]>();
  for (const [jobId, planned] of jobs) {
    const inside = planned.edges.filter((edge) => edge.inside);
    for (const upstream of new Set(inside.map((edge) => edge.upstream_job_id)))
      append(dependents, upstream, jobId);
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
function describeEdge({ dataset, upstream_job_id, inside, missing }: PlannedEdge): string {
  if (missing) return 'missing';
  const place = inside ? 'inside' : 'outside';
  return dataset === undefined ? place : `${place} ${upstream_job_id}`;
}
