import type { GraphJob } from './graph-job.js';
import { consumedDatasets, referencedJobs } from './job-links.js';
import type { NameTable } from './name-table.js';

/** The numbers of everything that a graph names. */
export interface GraphNames {
  readonly jobs: NameTable;
  readonly datasets: NameTable;
}

/** A job with numbers for what it names; those of `upstreams` may have no job. */
export interface GraphNode {
  readonly job: GraphJob;
  /** As its declared dependencies name them, then the other jobs whose outputs it takes. */
  readonly upstreams: readonly number[];
  readonly consumes: readonly number[];
  readonly produces: readonly number[];
}

const NONE: readonly number[] = [];

export function graphNode(job: GraphJob, { jobs, datasets }: GraphNames): GraphNode {
  const upstreams = job.dependencies.map(({ upstream_job_id }) => jobs.slotOf(upstream_job_id));
  for (const { job_id } of referencedJobs(job)) upstreams.push(jobs.slotOf(job_id));
  return {
    job,
    upstreams,
    consumes: numbersOf(consumedDatasets(job), datasets),
    produces: numbersOf(job.produces, datasets),
  };
}

function numbersOf(names: readonly string[], table: NameTable): readonly number[] {
  return names.length === 0 ? NONE : [...new Set(names.map((name) => table.slotOf(name)))];
}
