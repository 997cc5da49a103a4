import type { DependencyGraph, EdgeKind } from '../schema/dependency-graph.js';
import { edgeLabel } from './edge-label.js';

const STYLES: Readonly<Record<EdgeKind, string>> = { DECLARED: '', DATA: 'dashed', TEMPORAL: 'bold' };

/** A graph in the language of Graphviz, left to right: declared edges solid, those of data dashed, temporal ones bold. */
export function renderDot({ jobs, edges }: Pick<DependencyGraph, 'jobs' | 'edges'>): string {
  const nodes = jobs.map((jobId) => `  ${quoted(jobId)};`);
  const arrows = edges.map(({ from, to, kind, type }) => {
    const attributes = attributesOf([
      ['label', edgeLabel({ kind, type })],
      ['style', STYLES[kind]],
    ]);
    return `  ${quoted(from)} -> ${quoted(to)}${attributes};`;
  });
  return ['digraph phi {', '  rankdir=LR;', '  node [shape=box];', ...nodes, ...arrows, '}'].join('\n');
}

function attributesOf(attributes: readonly (readonly [name: string, value: string])[]): string {
  const given = attributes.filter(([, value]) => value !== '');
  if (given.length === 0) return '';
  return ` [${given.map(([name, value]) => `${name}=${quoted(value)}`).join(', ')}]`;
}

function quoted(text: string): string {
  return JSON.stringify(text);
}
