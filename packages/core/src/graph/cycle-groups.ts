import { rowOf, type Adjacency } from './adjacency.js';

const UNSEEN = -1;

/**
 * The groups of nodes that reach each other, and single ones that are their own targets: Tarjan's strongly connected components
 * over typed arrays, without recursion.
 *
 * @param among - only these nodes and what connects them; none of them has an index beyond the adjacency
 */
export function findCycleGroups(adjacency: Adjacency, among: Int32Array): Int32Array[] {
  return new GroupSearch(adjacency, among).run();
}

class GroupSearch {
  readonly #groups: Int32Array[] = [];
  readonly #isMember: Uint8Array;
  /** When each node was first seen, and the earliest one still open that it reaches. */
  readonly #seenAt: Int32Array;
  readonly #reaches: Int32Array;
  /** Nodes whose group is not known yet. */
  readonly #open: Int32Array;
  readonly #isOpen: Uint8Array;
  /** The path from where the search began, and how far each of its nodes has got with its targets. */
  readonly #path: Int32Array;
  readonly #cursor: Int32Array;
  #opened = 0;
  #depth = 0;
  #time = 0;

  constructor(
    private readonly adjacency: Adjacency,
    private readonly nodes: Int32Array,
  ) {
    const size = adjacency.starts.length;
    this.#isMember = new Uint8Array(size);
    for (const node of this.nodes) this.#isMember[node] = 1;
    this.#seenAt = new Int32Array(size).fill(UNSEEN);
    this.#reaches = new Int32Array(size);
    this.#open = new Int32Array(this.nodes.length);
    this.#isOpen = new Uint8Array(size);
    this.#path = new Int32Array(this.nodes.length);
    this.#cursor = new Int32Array(size);
  }

  run(): Int32Array[] {
    for (const node of this.nodes) {
      if (this.#seenAt[node] !== UNSEEN) continue;
      this.#enter(node);
      while (this.#depth > 0) this.#step();
    }
    return this.#groups;
  }

  #enter(node: number): void {
    this.#seenAt[node] = this.#time;
    this.#reaches[node] = this.#time++;
    this.#open[this.#opened++] = node;
    this.#isOpen[node] = 1;
    this.#cursor[node] = this.adjacency.starts[node] ?? 0;
    this.#path[this.#depth++] = node;
  }

  /** Goes on with the last node of the path: to its next target, or back. */
  #step(): void {
    const node = this.#path[this.#depth - 1] ?? 0;
    const at = this.#cursor[node] ?? 0;
    if (at >= (this.adjacency.ends[node] ?? 0)) {
      this.#leave(node);
      return;
    }
    this.#cursor[node] = at + 1;
    const target = this.adjacency.targets[at] ?? 0;
    if (this.#isMember[target] === 0) return;
    if (this.#seenAt[target] === UNSEEN) this.#enter(target);
    else if (this.#isOpen[target] === 1) this.#reach(node, this.#seenAt[target] ?? 0);
  }

  #leave(node: number): void {
    this.#depth--;
    const earliest = this.#reaches[node] ?? 0;
    if (this.#depth > 0) this.#reach(this.#path[this.#depth - 1] ?? 0, earliest);
    if (earliest === this.#seenAt[node]) this.#close(node);
  }

  #reach(node: number, time: number): void {
    if (time < (this.#reaches[node] ?? 0)) this.#reaches[node] = time;
  }

  /** Everything opened since the node is its group. */
  #close(node: number): void {
    const from = this.#open.lastIndexOf(node, this.#opened - 1);
    const group = this.#open.slice(from, this.#opened);
    for (const member of group) this.#isOpen[member] = 0;
    this.#opened = from;
    if (group.length > 1 || this.#isOwnTarget(node)) this.#groups.push(group);
  }

  #isOwnTarget(node: number): boolean {
    return rowOf(this.adjacency, node).includes(node);
  }
}
