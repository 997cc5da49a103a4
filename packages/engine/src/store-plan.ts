import {
  cascadeCancellation,
  dependencyTimeout,
  deriveId,
  type Dependency,
  type JobDefinition,
  type PlannedEdge,
  type PlannedJob,
  type ResourceRequest,
  type RunPlan,
  type StoredPlan,
  type StoredPlanEdge,
  type StoredPlanJob,
} from '@phi/core';

import type { RegisteredJob } from './registered-job.js';

/** What a plan has that does not follow from its jobs. */
export interface PlanSettings {
  /** DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS: how long an upstream outside the run is waited for where the job does not say. */
  readonly outsideTimeoutSeconds: number;
  /** Jobs that are in cycles. */
  readonly inCycles: ReadonlySet<string>;
}

/** A run's plan in the form that the scripts read. */
export function storePlan(plan: RunPlan<RegisteredJob>, settings: PlanSettings): StoredPlan {
  const jobs = [...plan.jobs.values()].map((planned) => storeJob(planned, settings));
  const stuck = jobs.flatMap(({ in_cycle, job_id }) => (in_cycle === true ? [job_id] : []));
  const plan_id = deriveId('stored-plan', plan.plan_id, settings.outsideTimeoutSeconds, ...stuck);
  return { plan_id, jobs, dependents: plan.dependents };
}

function storeJob(
  { job, edges }: PlannedJob<RegisteredJob>,
  { outsideTimeoutSeconds, inCycles }: PlanSettings,
): StoredPlanJob {
  const { definition } = job;
  const cascade = cascadeCancellation(definition.cancellation);
  return {
    ...(inCycles.has(job.job_id) ? { in_cycle: true } : {}),
    job_id: job.job_id,
    revision: job.revision,
    job_type: definition.job_type,
    resource_pool: definition.resources.resource_pool,
    priority: definition.resources.priority,
    ...requestOf(definition.resources),
    ...(definition.queue_timeout_seconds === null
      ? {}
      : { queue_timeout_ms: definition.queue_timeout_seconds * 1000 }),
    enabled: definition.enabled,
    require_all: definition.dependency_policy.require_all,
    skip_if_running: definition.concurrency.skip_if_running,
    queue_if_running: definition.concurrency.queue_if_running,
    ...(cascade === 'NONE' ? {} : { cascade }),
    ...(definition.produces.length === 0 ? {} : { produces: definition.produces }),
    edges: edges.map((edge, index) =>
      storeEdge(edge, job, definition.dependencies[index], outsideTimeoutSeconds),
    ),
  };
}

/** What only some jobs ask of the place where they run, and of their turn. */
function requestOf(resources: ResourceRequest): Pick<StoredPlanJob, 'request' | 'static_priority'> {
  const { cpu_cores, memory_mb, disk_mb, network_bandwidth_mbps, priority_boost_on_age } = resources;
  const request = [milliCores(cpu_cores), memory_mb, disk_mb, network_bandwidth_mbps] as const;
  return {
    ...(request.every((amount) => amount === 0) ? {} : { request }),
    ...(priority_boost_on_age ? {} : { static_priority: true }),
  };
}

/** Whatever is requested counts. */
function milliCores(cores: number): number {
  return cores === 0 ? 0 : Math.max(1, Math.round(cores * 1000));
}

function storeEdge(
  edge: PlannedEdge,
  job: RegisteredJob,
  dependency: Dependency | undefined,
  outsideTimeoutSeconds: number,
): StoredPlanEdge {
  const seconds = dependencyTimeout({
    dependency: dependency?.timeout_seconds,
    policy: job.definition.dependency_policy.timeout_seconds,
    inside: edge.inside,
    outside: outsideTimeoutSeconds,
  });
  return {
    dependency_id: edge.dependency_id,
    upstream_job_id: edge.upstream_job_id,
    dependency_type: edge.dependency_type,
    join: edge.join,
    inside: edge.inside,
    ...(edge.missing ? { missing: true } : {}),
    ...conditionsOf(edge),
    skip_on_upstream_skip: dependency?.skip_on_upstream_skip ?? true,
    ...(seconds === null ? {} : { timeout_ms: seconds * 1000 }),
  };
}

/** The edges of a job that take each outcome of an upstream, as they are from outside its runs. */
export function eachEdges({ enabled, dependencies }: JobDefinition): StoredPlanEdge[] {
  if (!enabled) return [];
  return dependencies
    .filter(({ join }) => join === 'EACH')
    .map(({ dependency_id, upstream_job_id, dependency_type, join, condition, window, ...dependency }) => ({
      dependency_id,
      upstream_job_id,
      dependency_type,
      join,
      inside: false,
      skip_on_upstream_skip: dependency.skip_on_upstream_skip,
      ...conditionsOf({ kind: 'DECLARED', condition, window, other_producers: [] }),
    }));
}

/** What only some edges have. */
function conditionsOf({
  kind,
  condition,
  window,
  dataset,
  other_producers,
}: Pick<PlannedEdge, 'kind' | 'condition' | 'window' | 'dataset' | 'other_producers'>): Pick<
  StoredPlanEdge,
  'kind' | 'condition' | 'window' | 'dataset' | 'other_producers'
> {
  return {
    ...(kind === 'DECLARED' ? {} : { kind }),
    ...(condition === null ? {} : { condition }),
    ...(window === null ? {} : { window: storeWindow(window) }),
    ...(dataset === undefined ? {} : { dataset }),
    ...(other_producers.length === 0 ? {} : { other_producers }),
  };
}

function storeWindow({
  after_seconds,
  within_seconds,
}: NonNullable<PlannedEdge['window']>): NonNullable<StoredPlanEdge['window']> {
  return {
    ...(typeof after_seconds === 'number' ? { after_ms: after_seconds * 1000 } : {}),
    ...(typeof within_seconds === 'number' ? { within_ms: within_seconds * 1000 } : {}),
  };
}
