import { findCycleGroups } from './cycle-groups.js';
import { cyclePath } from './cycle-path.js';
import type { GraphIndex } from './graph-index.js';
import { reachFrom } from './reach.js';

/** Jobs that all wait for each other, in numbers. */
export interface Circle {
  /** By job_id. */
  readonly members: Int32Array;
  /** One whole cycle of them, the first repeated at the end. */
  readonly path: readonly number[];
}

/**
 * Every group of jobs that wait for each other, by the first job_id of each.
 *
 * @param among - the jobs that may be in one
 */
export function findCircles(index: GraphIndex, among: Int32Array): Circle[] {
  const groups = findCycleGroups(index.downstream, among);
  return groups.length === 0 ? [] : inOrder(circlesOf(groups, index), index);
}

/**
 * The circles after a change of one job. Every edge that is new or gone has the job at one end: a cycle that is new passes through
 * it, and one that is gone was in its circle.
 *
 * @param gainsEdges - false where no new edge of the job can have closed a cycle
 */
export function circlesAfter(
  before: readonly Circle[],
  index: GraphIndex,
  changed: number,
  gainsEdges: boolean,
): readonly Circle[] {
  const own = before.find(({ members }) => members.includes(changed));
  if (own !== undefined) return searchedAgain(before, own, index, changed);
  const members = gainsEdges ? circleThrough(index, changed) : undefined;
  if (members === undefined) return before;
  const isMember = new Set(members);
  const apart = before.filter((circle) => !isMember.has(circle.members[0] ?? -1));
  return inOrder([...apart, ...circlesOf([members], index)], index);
}

const MEMBER = 2;

/** What a job reaches and what reaches it in turn; undefined where it does not reach itself. */
function circleThrough(
  { downstream, nodes, producers }: GraphIndex,
  changed: number,
): Int32Array | undefined {
  const { isReached: state, returns } = reachFrom(downstream, changed);
  if (!returns) return undefined;
  const members = new Int32Array(state.length);
  let count = 0;
  const join = (slot: number): void => {
    if (state[slot] !== 1) return;
    state[slot] = MEMBER;
    members[count++] = slot;
  };
  join(changed);
  for (let at = 0; at < count; at++) {
    const node = nodes[members[at] ?? 0];
    for (const upstream of node?.upstreams ?? []) join(upstream);
    for (const dataset of node?.consumes ?? [])
      for (const producer of producers[dataset] ?? []) join(producer);
  }
  return members.subarray(0, count);
}

/** Where the job was in a circle, what is left of it may be any number of circles; others may have joined the job's. */
function searchedAgain(before: readonly Circle[], own: Circle, index: GraphIndex, changed: number): Circle[] {
  const { isReached } = reachFrom(index.downstream, changed);
  for (const slot of own.members) isReached[slot] = 1;
  const searched = index.order.filter((slot) => isReached[slot] === 1);
  const apart = before.filter((circle) => circle !== own && isReached[circle.members[0] ?? 0] === 0);
  return inOrder([...apart, ...findCircles(index, searched)], index);
}

function circlesOf(groups: readonly Int32Array[], { order, downstream }: GraphIndex): Circle[] {
  const rankOf = new Int32Array(downstream.starts.length);
  for (let rank = 0; rank < order.length; rank++) rankOf[order[rank] ?? 0] = rank;
  return groups.map((group) => {
    const ranks = group.map((slot) => rankOf[slot] ?? 0).sort();
    const members = ranks.map((rank) => order[rank] ?? 0);
    return { members, path: cyclePath(downstream, members) };
  });
}

function inOrder(circles: readonly Circle[], { names }: GraphIndex): Circle[] {
  const firstOf = ({ members }: Circle): string => names.jobs.nameOf(members[0] ?? 0);
  return circles.toSorted((a, b) => (firstOf(a) < firstOf(b) ? -1 : 1));
}
