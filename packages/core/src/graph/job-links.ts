import type { EdgeKind } from '../schema/dependency-graph.js';
import type { GraphDependency, GraphJob } from './graph-job.js';

interface Link {
  readonly dependency_id: string;
  readonly kind: EdgeKind;
  readonly dependency_type: GraphDependency['dependency_type'];
  readonly join: GraphDependency['join'];
  readonly condition: GraphDependency['condition'];
  readonly window: GraphDependency['window'];
  /** Where the definition of the job says so. */
  readonly path: readonly (string | number)[];
}

/** A job waits for another one. */
export interface JobLink extends Link {
  readonly upstream_job_id: string;
}

/** A job waits for a dataset, whichever job publishes it. */
export interface DataLink extends Link {
  readonly dataset: string;
}

/**
 * Everything a job waits for (specification: Dependency Resolver): its declared dependencies, then the datasets that it
 * consumes, then the jobs whose outputs its parameters take and that it does not declare.
 */
export function linksOf(job: GraphJob): (JobLink | DataLink)[] {
  const { job_id } = job;
  return [
    ...job.dependencies.map((dependency, at) => declaredLink(dependency, at)),
    ...consumedDatasets(job).map((dataset) => ({
      ...INFERRED,
      dependency_id: dataDependencyId(job_id, dataset),
      dependency_type: 'DATA_READY' as const,
      dataset,
      path: ['consumes', job.consumes.indexOf(dataset)],
    })),
    ...referencedJobs(job).map(({ job_id: upstream_job_id, path }) => ({
      ...INFERRED,
      dependency_id: outputDependencyId(job_id, upstream_job_id),
      dependency_type: 'SUCCESS' as const,
      upstream_job_id,
      path: ['parameters', ...path],
    })),
  ];
}

const INFERRED = { kind: 'DATA', join: 'NEW', condition: null, window: null } as const;

function declaredLink(dependency: GraphDependency, at: number): JobLink {
  const { dependency_id, upstream_job_id, dependency_type, join, condition, window } = dependency;
  const path = ['dependencies', at, 'upstream_job_id'];
  const kind = kindOf(dependency);
  return { dependency_id, upstream_job_id, dependency_type, join, condition, window, kind, path };
}

/** A window makes a declared dependency a temporal one. */
export function kindOf({ window }: GraphDependency): EdgeKind {
  return window === null ? 'DECLARED' : 'TEMPORAL';
}

export function dataDependencyId(jobId: string, dataset: string): string {
  return `${jobId}.data.${dataset}`;
}

export function outputDependencyId(jobId: string, upstreamJobId: string): string {
  return `${jobId}.output.${upstreamJobId}`;
}

/** Each dataset once. */
export function consumedDatasets({ consumes }: Pick<GraphJob, 'consumes'>): readonly string[] {
  return consumes.length < 2 ? consumes : [...new Set(consumes)];
}

/** The first reference to each job that the job does not declare as its upstream. */
export function referencedJobs({
  dependencies,
  references,
}: {
  readonly dependencies: readonly Pick<GraphDependency, 'upstream_job_id'>[];
  readonly references: GraphJob['references'];
}): GraphJob['references'] {
  if (references.length === 0) return references;
  const known = new Set(dependencies.map(({ upstream_job_id }) => upstream_job_id));
  return references.filter(({ job_id }) => !known.has(job_id) && known.add(job_id));
}
