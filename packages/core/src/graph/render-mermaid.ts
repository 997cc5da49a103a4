import type { DependencyGraph, EdgeKind } from '../schema/dependency-graph.js';
import { edgeLabel } from './edge-label.js';

const ARROWS: Readonly<Record<EdgeKind, string>> = { DECLARED: '-->', DATA: '-.->', TEMPORAL: '==>' };

/** A graph in the language of Mermaid, left to right: declared edges solid, those of data dotted, temporal ones thick. */
export function renderMermaid({ jobs, edges }: Pick<DependencyGraph, 'jobs' | 'edges'>): string {
  const names = new Map(jobs.map((jobId, index) => [jobId, `job${String(index)}`]));
  const nodes = jobs.map((jobId) => `  ${names.get(jobId) ?? ''}["${jobId}"]`);
  const arrows = edges.map(({ from, to, kind, type }) => {
    const label = edgeLabel({ kind, type });
    const arrow = `${ARROWS[kind]}${label === '' ? '' : `|${label}|`}`;
    return `  ${names.get(from) ?? ''} ${arrow} ${names.get(to) ?? ''}`;
  });
  return ['flowchart LR', ...nodes, ...arrows].join('\n');
}
