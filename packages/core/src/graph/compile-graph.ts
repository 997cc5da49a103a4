import { deriveId } from '../ids/derive-id.js';
import { findCycle, layer } from './order.js';

/** What the resolver needs of a job; a resolved JobDefinition has it all. */
export interface GraphJob {
  readonly job_id: string;
  readonly revision: number;
  /** False where the job has a schedule or trigger of its own and did not ask to be started by its dependencies too. */
  readonly started_by_dependencies: boolean;
  readonly dependencies: readonly GraphDependency[];
}

export interface GraphDependency {
  readonly dependency_id: string;
  readonly upstream_job_id: string;
  readonly dependency_type: 'SUCCESS' | 'COMPLETION' | 'DATA_READY';
  readonly join: 'NEW' | 'EACH' | 'LATEST';
}

export interface CompiledEdge {
  readonly from: string;
  readonly to: string;
  readonly dependency_id: string;
  readonly kind: 'DECLARED';
  readonly type: GraphDependency['dependency_type'];
}

/** The compiled dependency structure (specification: DependencyGraph). */
export interface CompiledGraph {
  readonly graph_id: string;
  readonly jobs: readonly string[];
  readonly edges: readonly CompiledEdge[];
  readonly execution_order: readonly (readonly string[])[];
  readonly critical_path: readonly string[];
  readonly is_valid: boolean;
  readonly validation_errors: readonly string[];
  /** Jobs forming a cycle, the first repeated at the end; empty without one. */
  readonly cycle_path: readonly string[];
}

/**
 * Compiles jobs into one graph, whatever their order (specification: Dependency Resolver).
 *
 * A missing upstream does not make the graph invalid: the job stays registered and is rechecked.
 *
 * @returns the graph with every validation error; never throws for a bad graph
 */
export function compileGraph(jobs: readonly GraphJob[]): CompiledGraph {
  const sorted = [...jobs].sort((a, b) => (a.job_id < b.job_id ? -1 : 1));
  const index = new Map(sorted.map((job, position) => [job.job_id, position]));
  const edges = sorted.flatMap((job) => declaredEdges(job, index));
  const pairs = edges.map((edge) => [index.get(edge.from) ?? 0, index.get(edge.to) ?? 0] as const);
  const order = layer(sorted.length, pairs);
  const cycle = order.complete ? [] : findCycle(sorted.length, pairs, order.placed);
  const nameOf = (position: number): string => sorted[position]?.job_id ?? '';
  const cyclePath = cycle.map(nameOf);
  return {
    graph_id: graphId(sorted),
    jobs: sorted.map((job) => job.job_id),
    edges,
    execution_order: order.layers.map((members) => members.map(nameOf)),
    critical_path: order.longestChain.map(nameOf),
    is_valid: order.complete,
    validation_errors: order.complete ? [] : [`the jobs ${cyclePath.join(' -> ')} form a cycle`],
    cycle_path: cyclePath,
  };
}

function declaredEdges(job: GraphJob, known: ReadonlyMap<string, number>): CompiledEdge[] {
  return job.dependencies
    .filter((dependency) => known.has(dependency.upstream_job_id))
    .map((dependency) => ({
      from: dependency.upstream_job_id,
      to: job.job_id,
      dependency_id: dependency.dependency_id,
      kind: 'DECLARED' as const,
      type: dependency.dependency_type,
    }));
}

function graphId(sorted: readonly GraphJob[]): string {
  return deriveId('graph', ...sorted.map((job) => `${job.job_id}@${String(job.revision)}`));
}
