import type { DependencyEdge } from '../schema/dependency-graph.js';
import { compileGraph, type CompiledGraph } from './compile-graph.js';

/**
 * The graph of a job with what it waits for and what waits for it; layers, critical path and cycles are those of these jobs alone.
 *
 * @param depth - how many edges away from it, at most
 * @returns undefined where no such job is there
 */
export function graphAround(graph: CompiledGraph, jobId: string, depth: number): CompiledGraph | undefined {
  const { names, nodes } = graph.state.index;
  if (nodes[names.jobs.find(jobId) ?? -1] === undefined) return undefined;
  const around = new Set([
    ...within(
      depth,
      jobId,
      neighbours(graph.edges, ({ from, to }) => [to, from]),
    ),
    ...within(
      depth,
      jobId,
      neighbours(graph.edges, ({ from, to }) => [from, to]),
    ),
  ]);
  const jobs = [...around].flatMap((each) => nodes[names.jobs.find(each) ?? -1]?.job ?? []);
  return compileGraph(jobs);
}

function neighbours(
  edges: readonly DependencyEdge[],
  stepOf: (edge: DependencyEdge) => readonly [here: string, there: string],
): ReadonlyMap<string, readonly string[]> {
  const steps = new Map<string, string[]>();
  for (const edge of edges) {
    const [here, there] = stepOf(edge);
    const known = steps.get(here);
    if (known === undefined) steps.set(here, [there]);
    else known.push(there);
  }
  return steps;
}

function within(depth: number, first: string, steps: ReadonlyMap<string, readonly string[]>): Set<string> {
  const found = new Set([first]);
  let last: readonly string[] = [first];
  for (let away = 0; away < depth && last.length > 0; away++) {
    const next = new Set(last.flatMap((jobId) => steps.get(jobId) ?? []));
    last = [...next].filter((jobId) => !found.has(jobId));
    for (const jobId of last) found.add(jobId);
  }
  return found;
}
