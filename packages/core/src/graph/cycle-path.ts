import type { Adjacency } from './adjacency.js';
import { chainTo } from './chain-to.js';

/**
 * The shortest cycle through the first node of a group in which all nodes reach each other.
 *
 * @returns the nodes in the order of the edges, the first repeated at the end
 */
export function cyclePath({ starts, ends, targets }: Adjacency, group: Int32Array): number[] {
  const first = group[0] ?? 0;
  const isMember = new Uint8Array(starts.length);
  for (const node of group) isMember[node] = 1;
  const before = new Int32Array(starts.length).fill(-1);
  const queue = new Int32Array(group.length);
  queue[0] = first;
  let filled = 1;
  for (let at = 0; at < filled; at++) {
    const node = queue[at] ?? 0;
    for (let edge = starts[node] ?? 0; edge < (ends[node] ?? 0); edge++) {
      const target = targets[edge] ?? 0;
      if (target === first) return [...chainTo(node, before), first];
      if (isMember[target] === 0 || before[target] !== -1) continue;
      before[target] = node;
      queue[filled++] = target;
    }
  }
  return [];
}
