/** For each node, the nodes after it: `targets` from `starts[node]` to `ends[node]`, the end excluded. */
export interface Adjacency {
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  readonly targets: Int32Array;
}

/**
 * Packs pairs of nodes, in the order given.
 *
 * @param size - nodes are 0..size-1
 * @param count - how many of the pairs count
 */
export function packAdjacency(size: number, from: Int32Array, to: Int32Array, count: number): Adjacency {
  const starts = new Int32Array(size);
  const ends = new Int32Array(size);
  for (let pair = 0; pair < count; pair++) {
    const node = from[pair] ?? 0;
    ends[node] = (ends[node] ?? 0) + 1;
  }
  let start = 0;
  for (let node = 0; node < size; node++) {
    starts[node] = start;
    start += ends[node] ?? 0;
    ends[node] = starts[node] ?? 0;
  }
  const targets = new Int32Array(count);
  for (let pair = 0; pair < count; pair++) {
    const node = from[pair] ?? 0;
    const end = ends[node] ?? 0;
    targets[end] = to[pair] ?? 0;
    ends[node] = end + 1;
  }
  return { starts, ends, targets };
}

export function rowOf({ starts, ends, targets }: Adjacency, node: number): Int32Array {
  return targets.subarray(starts[node] ?? 0, ends[node] ?? 0);
}

/**
 * The same with other targets for a few nodes: these are appended, and packed anew only once what they left behind is
 * more than what is in use.
 *
 * @param size - at least as many nodes as before
 */
export function replaceRows(
  adjacency: Adjacency,
  size: number,
  rows: ReadonlyMap<number, readonly number[]>,
): Adjacency {
  const starts = grown(adjacency.starts, size);
  const ends = grown(adjacency.ends, size);
  let end = adjacency.targets.length;
  const added = [...rows.values()].reduce((sum, row) => sum + row.length, 0);
  const targets = grown(adjacency.targets, end + added);
  for (const [node, row] of rows) {
    targets.set(row, end);
    starts[node] = end;
    end += row.length;
    ends[node] = end;
  }
  return compacted({ starts, ends, targets });
}

function grown(array: Int32Array, size: number): Int32Array {
  const copy = new Int32Array(size);
  copy.set(array);
  return copy;
}

function compacted(adjacency: Adjacency): Adjacency {
  const size = adjacency.starts.length;
  let used = 0;
  for (let node = 0; node < size; node++) used += (adjacency.ends[node] ?? 0) - (adjacency.starts[node] ?? 0);
  if (adjacency.targets.length <= 2 * used + size) return adjacency;
  const starts = new Int32Array(size);
  const ends = new Int32Array(size);
  const targets = new Int32Array(used);
  let end = 0;
  for (let node = 0; node < size; node++) {
    const row = rowOf(adjacency, node);
    starts[node] = end;
    targets.set(row, end);
    end += row.length;
    ends[node] = end;
  }
  return { starts, ends, targets };
}
