import { changeIndex } from './change-index.js';
import { circlesAfter } from './circles.js';
import { compileGraph, graphOf, type CompiledGraph, type GraphState } from './compile-graph.js';
import { isTooLarge, type GraphIndex } from './graph-index.js';
import type { GraphJob } from './graph-job.js';
import { layOut } from './layering.js';
import { lazily } from './lazily.js';

/** A job is added, or takes the place of the one of its name; or a job is removed. */
export type GraphChange = { readonly put: GraphJob } | { readonly remove: string };

/**
 * The graph after one change, as compiling all jobs anew has it, in the time that the change takes: it is validated by what the
 * job reaches, and layers are found when they are asked for.
 */
export function recompile(compiled: CompiledGraph, change: GraphChange): CompiledGraph {
  const before = compiled.state;
  const jobId = 'put' in change ? change.put.job_id : change.remove;
  const job = 'put' in change ? change.put : undefined;
  const { index, slot, gainsEdges } = changeIndex(before.index, jobId, job);
  if (isTooLarge(before.index) || isTooLarge(index)) return compileGraph(jobsOf(index));
  const circles = circlesAfter(before.circles, index, slot, gainsEdges);
  const state = lazily<GraphState>({
    index: () => index,
    circles: () => circles,
    layering: () => layOut(index.downstream, index.order),
    repeated: () => before.repeated.filter((each) => each !== jobId),
  });
  return graphOf(state);
}

function jobsOf({ nodes, order }: GraphIndex): GraphJob[] {
  return [...order].flatMap((slot) => nodes[slot]?.job ?? []);
}
