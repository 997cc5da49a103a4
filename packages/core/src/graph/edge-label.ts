import type { DependencyEdge } from '../schema/dependency-graph.js';

/**
 * What a reader has to know of an edge: nothing where the upstream is declared and has to succeed, else its kind and which outcome
 * satisfies it.
 */
export function edgeLabel({ kind, type }: Pick<DependencyEdge, 'kind' | 'type'>): string {
  if (kind === 'DATA' && type === 'DATA_READY') return type;
  const words = [kind === 'DECLARED' ? '' : kind, type === 'SUCCESS' ? '' : type];
  return words.filter((word) => word !== '').join(' ');
}
