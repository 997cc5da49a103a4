/** Layers of a graph whose nodes are 0..n-1; a node stands one layer after its last upstream. */
export interface Layering {
  readonly layers: readonly (readonly number[])[];
  /** One of the longest chains, by nodes, first to last. */
  readonly longestChain: readonly number[];
  /** 1 for each node that found its layer; nodes on or behind a cycle do not. */
  readonly placed: Uint8Array;
  readonly complete: boolean;
}

type Pair = readonly [from: number, to: number];

interface Adjacency {
  /** offsets[n]..offsets[n + 1] are the positions of n's targets. */
  readonly offsets: Int32Array;
  readonly targets: Int32Array;
}

/** Kahn's algorithm over typed arrays: no recursion, so that a chain of any length is no problem. */
export function layer(size: number, pairs: readonly Pair[]): Layering {
  const { offsets, targets } = adjacency(size, pairs);
  const missing = new Int32Array(size);
  for (const [, to] of pairs) missing[to] = (missing[to] ?? 0) + 1;
  const before = new Int32Array(size).fill(-1);
  const placed = new Uint8Array(size);
  const layers: number[][] = [];
  let current = Array.from({ length: size }, (_, node) => node).filter((node) => missing[node] === 0);
  let last = -1;
  while (current.length > 0) {
    layers.push(current);
    last = current[0] ?? -1;
    const next: number[] = [];
    for (const node of current) {
      placed[node] = 1;
      for (let at = offsets[node] ?? 0; at < (offsets[node + 1] ?? 0); at++) {
        const target = targets[at] ?? 0;
        const left = (missing[target] ?? 0) - 1;
        missing[target] = left;
        if (left > 0) continue;
        before[target] = node;
        next.push(target);
      }
    }
    current = next.sort((a, b) => a - b);
  }
  return {
    layers,
    longestChain: chainTo(last, before),
    placed,
    complete: placed.every((flag) => flag === 1),
  };
}

/**
 * One cycle among the nodes that found no layer, its first node repeated at the end.
 * Every such node has an upstream that found none either, so walking upstream must meet itself.
 */
export function findCycle(size: number, pairs: readonly Pair[], placed: Uint8Array): number[] {
  const upstream = new Int32Array(size).fill(-1);
  for (const [from, to] of pairs) if (placed[from] === 0 && placed[to] === 0) upstream[to] = from;
  const seenAt = new Int32Array(size).fill(-1);
  const path: number[] = [];
  let node = placed.indexOf(0);
  while (node >= 0 && seenAt[node] === -1) {
    seenAt[node] = path.length;
    path.push(node);
    node = upstream[node] ?? -1;
  }
  if (node < 0) return [];
  const cycle = path.slice(seenAt[node]).reverse();
  return [...cycle.slice(-1), ...cycle];
}

function adjacency(size: number, pairs: readonly Pair[]): Adjacency {
  const offsets = new Int32Array(size + 1);
  for (const [from] of pairs) offsets[from + 1] = (offsets[from + 1] ?? 0) + 1;
  for (let node = 0; node < size; node++) offsets[node + 1] = (offsets[node + 1] ?? 0) + (offsets[node] ?? 0);
  const targets = new Int32Array(pairs.length);
  const cursor = offsets.slice();
  for (const [from, to] of pairs) {
    const at = cursor[from] ?? 0;
    targets[at] = to;
    cursor[from] = at + 1;
  }
  return { offsets, targets };
}

function chainTo(last: number, before: Int32Array): number[] {
  const chain: number[] = [];
  for (let node = last; node >= 0; node = before[node] ?? -1) chain.push(node);
  return chain.reverse();
}
