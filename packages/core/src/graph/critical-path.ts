import type { Adjacency } from './adjacency.js';
import { chainTo } from './chain-to.js';
import type { Layering } from './layering.js';

/**
 * One of the longest chains by nodes; of several, the one whose nodes come first in their layers, seen from its end.
 *
 * @returns first to last; empty where no node has a layer
 */
export function longestChain({ starts, ends, targets }: Adjacency, layering: Layering): number[] {
  const { layerOf, sequence, bounds } = layering;
  const before = new Int32Array(starts.length).fill(-1);
  for (const node of sequence) {
    const next = (layerOf[node] ?? 0) + 1;
    for (let edge = starts[node] ?? 0; edge < (ends[node] ?? 0); edge++) {
      const target = targets[edge] ?? 0;
      if (layerOf[target] === next && before[target] === -1) before[target] = node;
    }
  }
  const last = sequence[bounds.at(-2) ?? 0];
  return last === undefined ? [] : chainTo(last, before);
}

/**
 * The chain that takes longest in sum; of several, the one with more nodes.
 *
 * @param durationOf - of a node, in milliseconds
 * @returns first to last; empty where no node has a layer
 */
export function slowestChain(
  { starts, ends, targets }: Adjacency,
  { layerOf, sequence }: Layering,
  durationOf: (node: number) => number,
): number[] {
  const before = new Int32Array(starts.length).fill(-1);
  const waits = new Float64Array(starts.length);
  const nodes = new Int32Array(starts.length);
  let last = -1;
  let longest = { takes: -1, nodes: 0 };
  for (const node of sequence) {
    const takes = (waits[node] ?? 0) + durationOf(node);
    const count = (nodes[node] ?? 0) + 1;
    if (takes > longest.takes || (takes === longest.takes && count > longest.nodes)) {
      last = node;
      longest = { takes, nodes: count };
    }
    for (let edge = starts[node] ?? 0; edge < (ends[node] ?? 0); edge++) {
      const target = targets[edge] ?? 0;
      if (layerOf[target] === -1) continue;
      const waited = waits[target] ?? 0;
      if (before[target] !== -1 && (takes < waited || (takes === waited && count <= (nodes[target] ?? 0))))
        continue;
      waits[target] = takes;
      nodes[target] = count;
      before[target] = node;
    }
  }
  return chainTo(last, before);
}
