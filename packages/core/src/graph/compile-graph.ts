import type { DependencyEdge } from '../schema/dependency-graph.js';
import { findCircles, type Circle } from './circles.js';
import { longestChain } from './critical-path.js';
import { describeIssue } from './describe-issue.js';
import { listEdges } from './graph-edges.js';
import { graphIdOf } from './graph-digest.js';
import { indexGraph, isTooLarge, type GraphIndex } from './graph-index.js';
import { findIssues, issue, type GraphIssue } from './graph-issues.js';
import type { GraphJob } from './graph-job.js';
import { lazily } from './lazily.js';
import { layOut, type Layering } from './layering.js';
import { sortByName } from './sort-by-name.js';

/** Jobs that all wait for each other. */
export interface CycleGroup {
  readonly jobs: readonly string[];
  /** One whole cycle of them, each job upstream of the next, the first repeated at the end. */
  readonly cycle_path: readonly string[];
}

/** The compiled dependency structure (specification: DependencyGraph), and what else follows from the jobs. */
export interface CompiledGraph {
  readonly graph_id: string;
  readonly jobs: readonly string[];
  readonly edges: readonly DependencyEdge[];
  readonly execution_order: readonly (readonly string[])[];
  readonly critical_path: readonly string[];
  readonly is_valid: boolean;
  readonly validation_errors: readonly string[];
  /** Every error and every warning. */
  readonly issues: readonly GraphIssue[];
  readonly cycles: readonly CycleGroup[];
  /** Jobs that are in a cycle, or behind one. */
  readonly unrunnable: ReadonlySet<string>;
  /** What changes are compiled from. */
  readonly state: GraphState;
}

/** A graph in numbers. */
export interface GraphState {
  readonly index: GraphIndex;
  readonly circles: readonly Circle[];
  readonly layering: Layering;
  /** Jobs that were given more than once. */
  readonly repeated: readonly string[];
}

/**
 * Compiles jobs into one graph, whatever their order (specification: Dependency Resolver). Names and edges are listed when they
 * are first asked for.
 *
 * A missing upstream does not make the graph invalid: the job stays registered and is rechecked.
 *
 * @returns the graph with everything that is wrong with it; never throws for a bad graph
 */
export function compileGraph(jobs: readonly GraphJob[]): CompiledGraph {
  const { sorted, repeated } = byId(jobs);
  const index = indexGraph(sorted);
  const layering = layOut(index.downstream, index.order);
  const circles = findCircles(index, unplaced(index, layering));
  return graphOf({ index, circles, layering, repeated });
}

/** A graph with names. */
export function graphOf(state: GraphState): CompiledGraph {
  const { index, circles } = state;
  const tooLarge = isTooLarge(index);
  const nameOf = (slot: number): string => index.names.jobs.nameOf(slot);
  const namesOf = (slots: Iterable<number>): string[] => Array.from(slots, nameOf);
  const graph: CompiledGraph = lazily<CompiledGraph>({
    graph_id: () => graphIdOf(index.digest),
    jobs: () => namesOf(index.order),
    edges: () => (tooLarge ? [] : listEdges(index)),
    execution_order: () => (tooLarge ? [] : layersOf(state.layering).map(namesOf)),
    critical_path: () => (tooLarge ? [] : namesOf(longestChain(index.downstream, state.layering))),
    is_valid: () => circles.length === 0 && !tooLarge,
    validation_errors: () => graph.issues.filter(({ severity }) => severity === 'error').map(messageOf),
    issues: () => (tooLarge ? [sizeIssue(index)] : findIssues(state)),
    cycles: () => circles.map(({ members, path }) => ({ jobs: namesOf(members), cycle_path: namesOf(path) })),
    unrunnable: () => new Set(circles.length === 0 ? [] : namesOf(unplaced(index, state.layering))),
    state: () => state,
  });
  return graph;
}

function byId(jobs: readonly GraphJob[]): { sorted: readonly GraphJob[]; repeated: readonly string[] } {
  const sorted = sortByName(jobs, ({ job_id }) => job_id);
  const isRepeated = (at: number): boolean => at > 0 && sorted[at]?.job_id === sorted[at - 1]?.job_id;
  const repeated = sorted.filter((_, at) => isRepeated(at)).map(({ job_id }) => job_id);
  if (repeated.length === 0) return { sorted, repeated };
  return { sorted: sorted.filter((_, at) => !isRepeated(at)), repeated: [...new Set(repeated)] };
}

function unplaced({ order }: GraphIndex, { layerOf, sequence }: Layering): Int32Array {
  return sequence.length === order.length ? new Int32Array() : order.filter((slot) => layerOf[slot] === -1);
}

function layersOf({ sequence, bounds }: Layering): Int32Array[] {
  return Array.from(bounds.subarray(1), (end, layer) => sequence.subarray(bounds[layer], end));
}

function sizeIssue({ order, connections }: GraphIndex): GraphIssue {
  return issue('TOO_LARGE', '', [], `${String(order.length)} jobs and ${String(connections)} edges`);
}

function messageOf(found: GraphIssue): string {
  const { code, reason } = describeIssue(found, { among: 'REGISTER' });
  return code === undefined ? reason : `${code}: ${reason}`;
}
