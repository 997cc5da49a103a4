import type { CompiledGraph } from './compile-graph.js';
import { slowestChain } from './critical-path.js';

/**
 * The chain of jobs that usually takes longest (specification: DependencyGraph, critical_path). A job without a duration counts as
 * taking none; of chains that take equally long, the one with more jobs, so that without any durations it is the critical path
 * by nodes.
 *
 * @param durations - by job_id, in milliseconds
 * @returns the jobs, first to last; without those in a cycle or behind one
 */
export function criticalPathByDuration(
  { state }: CompiledGraph,
  durations: ReadonlyMap<string, number>,
): string[] {
  const { index, layering } = state;
  const { jobs } = index.names;
  const nodes = slowestChain(index.downstream, layering, (slot) => durations.get(jobs.nameOf(slot)) ?? 0);
  return nodes.map((slot) => jobs.nameOf(slot));
}
