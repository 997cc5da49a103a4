import type { DependencyGraph } from '@phi/core';

import { plainText } from '../output/plain-text.js';
import { table } from '../output/table.js';

/** A graph by layers: what stands in one may run at the same time. */
export function graphAsText(graph: DependencyGraph): string {
  const upstreams = new Map<string, string[]>();
  for (const { from, to } of graph.edges) upstreams.set(to, [...(upstreams.get(to) ?? []), from]);
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
    parts.push(`critical path: ${graph.critical_path.map(plainText).join(' -> ')}`);
  return [...parts, ...graph.validation_errors.map((error) => `error: ${plainText(error)}`)].join('\n\n');
}

/** A graph in the language of Mermaid, left to right. */
export function graphAsMermaid({ jobs, edges }: DependencyGraph): string {
  const names = new Map(jobs.map((jobId, index) => [jobId, `job${String(index)}`]));
  const nodes = jobs.map((jobId) => `  ${nameOf(names, jobId)}["${jobId.replaceAll('"', '#quot;')}"]`);
  const arrows = edges.map(({ from, to, type }) => {
    const label = type === 'SUCCESS' ? '' : `|${type}|`;
    return `  ${nameOf(names, from)} -->${label} ${nameOf(names, to)}`;
  });
  return ['flowchart LR', ...nodes, ...arrows].map(plainText).join('\n');
}

/** A graph in the language of Graphviz, left to right. */
export function graphAsDot({ jobs, edges }: DependencyGraph): string {
  const nodes = jobs.map((jobId) => `  ${quoted(jobId)};`);
  const arrows = edges.map(({ from, to, type }) => {
    const label = type === 'SUCCESS' ? '' : ` [label=${quoted(type)}]`;
    return `  ${quoted(from)} -> ${quoted(to)}${label};`;
  });
  return ['digraph phi {', '  rankdir=LR;', '  node [shape=box];', ...nodes, ...arrows, '}']
    .map(plainText)
    .join('\n');
}

function nameOf(names: ReadonlyMap<string, string>, jobId: string): string {
  return names.get(jobId) ?? 'unknown';
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
