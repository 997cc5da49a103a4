import type { Adjacency } from './adjacency.js';

/** Where each node of a graph stands: one layer after its last upstream. */
export interface Layering {
  /** By node; -1 for those on or behind a cycle, and for numbers that no job has. */
  readonly layerOf: Int32Array;
  /** The nodes that have a layer, layer by layer, each in the order given. */
  readonly sequence: Int32Array;
  /** Where in `sequence` each layer begins, and after the last one its end. */
  readonly bounds: Int32Array;
}

/**
 * Kahn's algorithm over typed arrays: no recursion, so that a chain of any length is no problem.
 *
 * @param order - the nodes that are there
 */
export function layOut({ starts, ends, targets }: Adjacency, order: Int32Array): Layering {
  const waitsFor = countUpstreams({ starts, ends, targets }, order);
  const layerOf = new Int32Array(starts.length).fill(-1);
  const queue = new Int32Array(order.length);
  let filled = 0;
  for (const node of order) {
    if (waitsFor[node] !== 0) continue;
    layerOf[node] = 0;
    queue[filled++] = node;
  }
  let layers = filled > 0 ? 1 : 0;
  for (let at = 0; at < filled; at++) {
    const node = queue[at] ?? 0;
    const next = (layerOf[node] ?? 0) + 1;
    const end = ends[node] ?? 0;
    for (let edge = starts[node] ?? 0; edge < end; edge++) {
      const target = targets[edge] ?? 0;
      const left = (waitsFor[target] ?? 0) - 1;
      waitsFor[target] = left;
      if (left > 0) continue;
      layerOf[target] = next;
      layers = next + 1;
      queue[filled++] = target;
    }
  }
  return { layerOf, ...inSequence(layerOf, order, layers, filled) };
}

function countUpstreams({ starts, ends, targets }: Adjacency, order: Int32Array): Int32Array {
  const counts = new Int32Array(starts.length);
  for (const node of order) {
    const end = ends[node] ?? 0;
    for (let edge = starts[node] ?? 0; edge < end; edge++) {
      const target = targets[edge] ?? 0;
      counts[target] = (counts[target] ?? 0) + 1;
    }
  }
  return counts;
}

/** A counting sort by layer keeps the order given within each. */
function inSequence(
  layerOf: Int32Array,
  order: Int32Array,
  layers: number,
  placed: number,
): Pick<Layering, 'sequence' | 'bounds'> {
  const bounds = new Int32Array(layers + 1);
  for (const node of order) {
    const layer = layerOf[node] ?? -1;
    if (layer >= 0) bounds[layer + 1] = (bounds[layer + 1] ?? 0) + 1;
  }
  for (let layer = 0; layer < layers; layer++)
    bounds[layer + 1] = (bounds[layer + 1] ?? 0) + (bounds[layer] ?? 0);
  const cursor = bounds.slice();
  const sequence = new Int32Array(placed);
  for (const node of order) {
    const layer = layerOf[node] ?? -1;
    if (layer < 0) continue;
    const at = cursor[layer] ?? 0;
    sequence[at] = node;
    cursor[layer] = at + 1;
  }
  return { sequence, bounds };
}
