import type { Circle } from './circles.js';
import type { GraphJob } from './graph-job.js';
import type { GraphIndex } from './graph-index.js';
import type { GraphNode } from './graph-node.js';
import { linksOf } from './job-links.js';

/** An error makes the graph invalid; with a warning it is compiled, and what is warned of may never happen. */
const SEVERITIES = {
  CYCLE: 'error',
  TOO_LARGE: 'error',
  MISSING_UPSTREAM: 'warning',
  UNKNOWN_REFERENCE: 'warning',
  OWN_DATASET: 'warning',
  REPEATED_DEPENDENCY: 'warning',
  REPEATED_JOB: 'warning',
} as const;
export type GraphIssueKind = keyof typeof SEVERITIES;

/** One thing that is wrong with a graph (specification: Dependency Resolution Errors). */
export interface GraphIssue {
  readonly kind: GraphIssueKind;
  readonly severity: 'error' | 'warning';
  /** The job in whose definition it can be mended; empty where that is no single one. */
  readonly job_id: string;
  /** Where in that definition. */
  readonly path: readonly (string | number)[];
  /** What is wrong: the name that stands there, or for a cycle its jobs, the first repeated at the end. */
  readonly value: string | readonly string[];
  /** For a cycle, how many jobs wait for each other in all; those of the cycle are among them. */
  readonly group_size?: number;
}

interface Graph {
  readonly index: GraphIndex;
  readonly circles: readonly Circle[];
  /** Jobs that were given more than once. */
  readonly repeated: readonly string[];
}

/** Everything that is wrong at once: cycles by their first jobs, then the rest job by job. */
export function findIssues({ index, circles, repeated }: Graph): GraphIssue[] {
  return [
    ...circles.map((circle) => cycleIssue(circle, index)),
    ...repeated.map((job_id) => issue('REPEATED_JOB', job_id, ['job_id'], job_id)),
    ...issuesOfJobs(index),
  ];
}

function issuesOfJobs(index: GraphIndex): GraphIssue[] {
  const issues: GraphIssue[] = [];
  for (const slot of index.order) {
    const node = index.nodes[slot];
    if (node !== undefined && isSuspect(index, node)) issues.push(...jobIssues(index, node));
  }
  return issues;
}

/** A look at each job that makes nothing: there are many of them, and nearly none has an issue. */
function isSuspect({ nodes }: GraphIndex, { job, upstreams }: GraphNode): boolean {
  const { dependencies, consumes, references } = job;
  if (consumes.length > 0 || references.length > 0) return true;
  for (const upstream of upstreams) if (nodes[upstream] === undefined) return true;
  if (dependencies.length < 2) return false;
  return new Set(dependencies.map(({ dependency_id }) => dependency_id)).size < dependencies.length;
}

export function issue(
  kind: GraphIssueKind,
  job_id: string,
  path: GraphIssue['path'],
  value: GraphIssue['value'],
): GraphIssue {
  return { kind, severity: SEVERITIES[kind], job_id, path, value };
}

/** At the dependency of the second job on the first, where a reader can break it. */
function cycleIssue({ members, path }: Circle, { names, nodes }: GraphIndex): GraphIssue {
  const [upstream = 0, dependent = 0] = path;
  const cycle = path.map((slot) => names.jobs.nameOf(slot));
  const place = linkPath(nodes[upstream]?.job, nodes[dependent]?.job);
  const base = issue('CYCLE', names.jobs.nameOf(dependent), place, cycle);
  return { ...base, group_size: members.length };
}

function linkPath(upstream: GraphJob | undefined, dependent: GraphJob | undefined): GraphIssue['path'] {
  if (upstream === undefined || dependent === undefined) return [];
  const link = linksOf(dependent).find((each) =>
    'dataset' in each ? upstream.produces.includes(each.dataset) : each.upstream_job_id === upstream.job_id,
  );
  return link?.path ?? [];
}

function jobIssues(index: GraphIndex, node: GraphNode): GraphIssue[] {
  return [
    ...missingUpstreams(index, node),
    ...unknownReferences(index, node),
    ...ownDatasets(node),
    ...repeatedDependencies(node),
  ];
}

function missingUpstreams({ nodes }: GraphIndex, { job, upstreams }: GraphNode): GraphIssue[] {
  return job.dependencies.flatMap(({ upstream_job_id }, at) =>
    nodes[upstreams[at] ?? -1] === undefined
      ? [issue('MISSING_UPSTREAM', job.job_id, ['dependencies', at, 'upstream_job_id'], upstream_job_id)]
      : [],
  );
}

function unknownReferences({ names, nodes }: GraphIndex, { job }: GraphNode): GraphIssue[] {
  return job.references
    .filter(({ job_id }) => nodes[names.jobs.find(job_id) ?? -1] === undefined)
    .map(({ job_id, path }) => issue('UNKNOWN_REFERENCE', job.job_id, ['parameters', ...path], job_id));
}

function ownDatasets({ job }: GraphNode): GraphIssue[] {
  return job.consumes.flatMap((dataset, at) =>
    job.produces.includes(dataset) ? [issue('OWN_DATASET', job.job_id, ['consumes', at], dataset)] : [],
  );
}

function repeatedDependencies({ job }: GraphNode): GraphIssue[] {
  const seen = new Set<string>();
  return linksOf(job).flatMap(({ dependency_id, path }) => {
    if (!seen.has(dependency_id)) {
      seen.add(dependency_id);
      return [];
    }
    return [issue('REPEATED_DEPENDENCY', job.job_id, path, dependency_id)];
  });
}
