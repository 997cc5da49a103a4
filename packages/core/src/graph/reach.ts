import type { Adjacency } from './adjacency.js';

export interface Reach {
  /** By node: 1 where it is reached, or the search began there. */
  readonly isReached: Uint8Array;
  /** Whether the node that it began with is reached again. */
  readonly returns: boolean;
}

/** Everything that comes after a node. */
export function reachFrom({ starts, ends, targets }: Adjacency, first: number): Reach {
  const isReached = new Uint8Array(starts.length);
  const queue = new Int32Array(starts.length);
  queue[0] = first;
  isReached[first] = 1;
  let filled = 1;
  let returns = false;
  for (let at = 0; at < filled; at++) {
    const node = queue[at] ?? 0;
    const end = ends[node] ?? 0;
    for (let edge = starts[node] ?? 0; edge < end; edge++) {
      const target = targets[edge] ?? 0;
      if (target === first) returns = true;
      if (isReached[target] === 1) continue;
      isReached[target] = 1;
      queue[filled++] = target;
    }
  }
  return { isReached, returns };
}
