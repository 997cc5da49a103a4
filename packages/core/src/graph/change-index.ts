import { replaceRows, rowOf, type Adjacency } from './adjacency.js';
import { changeDigest } from './graph-digest.js';
import { upstreamsOf, type GraphIndex } from './graph-index.js';
import type { GraphJob } from './graph-job.js';
import { graphNode } from './graph-node.js';
import { insert, merge, placeOf } from './in-order.js';

export interface ChangedIndex {
  readonly index: GraphIndex;
  /** The number of the job that changed. */
  readonly slot: number;
  /** False where no edge of it can have closed a cycle. */
  readonly gainsEdges: boolean;
}

type Contents = Pick<GraphIndex, 'names' | 'nodes' | 'order' | 'producers' | 'consumers'>;
type Compare = (a: number, b: number) => number;

/** The index after a job was put in or taken out; what does not concern the job is shared with the one before. */
export function changeIndex(before: GraphIndex, jobId: string, job: GraphJob | undefined): ChangedIndex {
  const { names } = before;
  const byName: Compare = (a, b) => compareText(names.jobs.nameOf(a), names.jobs.nameOf(b));
  const slot = names.jobs.slotOf(jobId);
  const old = before.nodes[slot];
  const node = job === undefined ? undefined : graphNode(job, names);
  const nodes = before.nodes.slice();
  nodes[slot] = node;
  const after: Contents = {
    names,
    nodes,
    order: changeOrder(before, slot, node !== undefined, byName),
    producers: changeMembers(before.producers, slot, [old?.produces, node?.produces], byName),
    consumers: changeMembers(before.consumers, slot, [old?.consumes, node?.consumes], byName),
  };
  const { rows, gainsEdges } = changeRows(before, after, slot, byName);
  const index = {
    ...after,
    downstream: replaceRows(before.downstream, names.jobs.size, rows),
    connections: before.connections - shareOf(before, slot) + shareOf(after, slot),
    digest: changeDigest(before.digest, jobId, slot, (each) => nodes[each]?.job, byName),
  };
  return { index, slot, gainsEdges };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

function changeOrder(
  { order, nodes }: GraphIndex,
  slot: number,
  isThere: boolean,
  byName: Compare,
): Int32Array {
  if (isThere === (nodes[slot] !== undefined)) return order;
  const place = placeOf(slot, order, byName);
  const changed = new Int32Array(order.length + (isThere ? 1 : -1));
  changed.set(order.subarray(0, place));
  if (isThere) changed[place] = slot;
  changed.set(order.subarray(isThere ? place : place + 1), isThere ? place + 1 : place);
  return changed;
}

/** @param given - the datasets that have the job as a member before and after */
function changeMembers(
  members: GraphIndex['producers'],
  slot: number,
  [before = [], after = []]: readonly [readonly number[] | undefined, readonly number[] | undefined],
  byName: Compare,
): GraphIndex['producers'] {
  const gone = before.filter((dataset) => !after.includes(dataset));
  const come = after.filter((dataset) => !before.includes(dataset));
  if (gone.length === 0 && come.length === 0) return members;
  const changed = members.slice();
  for (const dataset of gone) changed[dataset] = (changed[dataset] ?? []).filter((each) => each !== slot);
  for (const dataset of come) changed[dataset] = insert(slot, changed[dataset] ?? [], byName);
  return changed;
}

/** Who comes after the job, and after each job that it waits for now and did not before, or the other way round. */
function changeRows(
  before: GraphIndex,
  after: Contents,
  slot: number,
  byName: Compare,
): { rows: Map<number, readonly number[]>; gainsEdges: boolean } {
  const old = rowOf(before.downstream, slot);
  const own = dependentsOf(after, slot, old, byName);
  const rows = new Map([[slot, own]]);
  const waitedFor = upstreamsOf(before, slot);
  const waitsFor = upstreamsOf(after, slot);
  for (const upstream of waitedFor) {
    if (waitsFor.has(upstream)) continue;
    rows.set(
      upstream,
      currentRow(rows, before.downstream, upstream).filter((each) => each !== slot),
    );
  }
  let gainsEdges = own.length > intersection(own, old);
  for (const upstream of waitsFor) {
    if (waitedFor.has(upstream)) continue;
    gainsEdges = true;
    rows.set(upstream, insert(slot, currentRow(rows, before.downstream, upstream), byName));
  }
  return { rows, gainsEdges };
}

function currentRow(
  rows: ReadonlyMap<number, readonly number[]>,
  downstream: Adjacency,
  node: number,
): readonly number[] {
  return rows.get(node) ?? [...rowOf(downstream, node)];
}

function intersection(left: readonly number[], right: Int32Array): number {
  const known = new Set(right);
  return left.filter((each) => known.has(each)).length;
}

/** Those that name the job, and those that consume what it produces. @param old - all that came after it before */
function dependentsOf(
  { nodes, consumers }: Contents,
  slot: number,
  old: Int32Array,
  byName: Compare,
): readonly number[] {
  let dependents: readonly number[] = [...old].filter((each) => nodes[each]?.upstreams.includes(slot));
  for (const dataset of nodes[slot]?.produces ?? []) {
    const others = (consumers[dataset] ?? []).filter((each) => each !== slot);
    dependents = merge(dependents, others, byName);
  }
  return dependents;
}

/** Of the connections of a graph, those that a job has. */
function shareOf({ nodes, producers, consumers }: Contents, slot: number): number {
  const node = nodes[slot];
  if (node === undefined) return 0;
  const { upstreams, consumes, produces } = node;
  const taken = consumes.reduce((sum, dataset) => sum + (producers[dataset]?.length ?? 0), 0);
  const given = produces.reduce((sum, dataset) => sum + (consumers[dataset]?.length ?? 0), 0);
  const both = consumes.filter((dataset) => produces.includes(dataset)).length;
  return upstreams.length + taken + given - both;
}
