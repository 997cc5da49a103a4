import type { DependencyEdge } from '../schema/dependency-graph.js';
import type { GraphJob } from '../graph/graph-job.js';

/** What the resolver finds, the slow way: sets and recursion, straight from the definitions. */
export interface NaiveGraph {
  readonly edges: readonly DependencyEdge[];
  /** Groups of jobs that reach each other. */
  readonly groups: readonly ReadonlySet<string>[];
  /** The layer of each job that is not in a cycle or behind one. */
  readonly layerOf: ReadonlyMap<string, number>;
  readonly reaches: (from: string, to: string) => boolean;
}

export function resolveNaively(jobs: readonly GraphJob[]): NaiveGraph {
  const edges = edgesOf(jobs);
  const reached = new Map(jobs.map(({ job_id }) => [job_id, reachOf(edges, job_id)]));
  const reaches = (from: string, to: string): boolean => reached.get(from)?.has(to) ?? false;
  const inCycle = jobs.map(({ job_id }) => job_id).filter((id) => reaches(id, id));
  const groups = new Map(
    inCycle.map((id) => {
      const group = inCycle.filter((other) => reaches(id, other) && reaches(other, id)).sort();
      return [group.join(), new Set(group)];
    }),
  );
  const layerOf = new Map(
    jobs
      .map(({ job_id }) => job_id)
      .filter((id) => !inCycle.some((member) => member === id || reaches(member, id)))
      .map((id) => [id, layer(edges, id)]),
  );
  return { edges, groups: [...groups.values()], layerOf, reaches };
}

function edgesOf(jobs: readonly GraphJob[]): DependencyEdge[] {
  const known = new Set(jobs.map(({ job_id }) => job_id));
  return jobs.flatMap(({ job_id: to, dependencies, consumes, references }) => {
    const declared = dependencies.map((dependency) => ({
      from: dependency.upstream_job_id,
      to,
      dependency_id: dependency.dependency_id,
      kind: dependency.window === null ? ('DECLARED' as const) : ('TEMPORAL' as const),
      type: dependency.dependency_type,
    }));
    const data = [...new Set(consumes)].flatMap((dataset) =>
      jobs
        .filter(({ job_id, produces }) => job_id !== to && produces.includes(dataset))
        .map(({ job_id: from }) => ({
          from,
          to,
          dependency_id: `${to}.data.${dataset}`,
          kind: 'DATA' as const,
          type: 'DATA_READY' as const,
        })),
    );
    const upstreams = new Set(dependencies.map(({ upstream_job_id }) => upstream_job_id));
    const outputs = [...new Set(references.map(({ job_id }) => job_id))]
      .filter((from) => !upstreams.has(from))
      .map((from) => ({
        from,
        to,
        dependency_id: `${to}.output.${from}`,
        kind: 'DATA' as const,
        type: 'SUCCESS' as const,
      }));
    return [...declared, ...data, ...outputs].filter(({ from }) => known.has(from));
  });
}

function reachOf(edges: readonly DependencyEdge[], from: string, seen = new Set<string>()): Set<string> {
  for (const edge of edges) {
    if (edge.from !== from || seen.has(edge.to)) continue;
    seen.add(edge.to);
    reachOf(edges, edge.to, seen);
  }
  return seen;
}

function layer(edges: readonly DependencyEdge[], to: string): number {
  const upstreams = edges.filter((edge) => edge.to === to).map(({ from }) => from);
  return Math.max(-1, ...upstreams.map((from) => layer(edges, from))) + 1;
}
