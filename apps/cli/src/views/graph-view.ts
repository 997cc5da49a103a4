import { edgeLabel, formatCycle, type DependencyGraph } from '@phi/core';

import { plainText } from '../output/plain-text.js';
import { table } from '../output/table.js';

/** A graph by layers: what stands in one may run at the same time. */
export function graphAsText(graph: DependencyGraph): string {
  const upstreams = upstreamsOf(graph);
  const rows = graph.execution_order.flatMap((layer, index) =>
    layer.map((jobId) => [index + 1, jobId, (upstreams.get(jobId) ?? []).join(', ')]),
  );
  const placed = new Set(graph.execution_order.flat());
  // What is in a cycle, or behind one, has no layer.
  const unplaced = graph.jobs
    .filter((jobId) => !placed.has(jobId))
    .map((jobId) => ['-', jobId, (upstreams.get(jobId) ?? []).join(', ')]);
  const parts = [table(['LAYER', 'JOB', 'AFTER'], [...rows, ...unplaced])];
  if (graph.critical_path.length > 1)
    parts.push(`critical path: ${formatCycle(graph.critical_path.map(plainText))}`);
  return [...parts, ...graph.validation_errors.map((error) => `error: ${plainText(error)}`)].join('\n\n');
}

/** For each job, what it comes after; with the kind and the type of the edge, where these are not the usual ones. */
function upstreamsOf({ edges }: DependencyGraph): Map<string, string[]> {
  const upstreams = new Map<string, string[]>();
  for (const { from, to, kind, type } of edges) {
    const label = edgeLabel({ kind, type });
    const upstream = label === '' ? from : `${from} (${label})`;
    const known = upstreams.get(to);
    if (known === undefined) upstreams.set(to, [upstream]);
    else known.push(upstream);
  }
  return upstreams;
}
