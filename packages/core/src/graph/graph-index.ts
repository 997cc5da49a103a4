import { packAdjacency, type Adjacency } from './adjacency.js';
import { digestGraph, type GraphDigest } from './graph-digest.js';
import type { GraphJob } from './graph-job.js';
import { MAX_GRAPH_EDGES, MAX_GRAPH_JOBS } from './graph-limits.js';
import { graphNode, type GraphNames, type GraphNode } from './graph-node.js';
import { NameTable } from './name-table.js';

/** Jobs and what connects them, in numbers. Nothing in it changes but its names, to which others may be added. */
export interface GraphIndex {
  readonly names: GraphNames;
  /** By the number of the job; undefined where no such job is there. */
  readonly nodes: readonly (GraphNode | undefined)[];
  /** The numbers of the jobs that are there, by job_id. */
  readonly order: Int32Array;
  /** By the number of the dataset: the numbers of the jobs, by job_id. */
  readonly producers: readonly (readonly number[])[];
  readonly consumers: readonly (readonly number[])[];
  /** Who waits for each job, by job_id; for one that is not there, those that name it. */
  readonly downstream: Adjacency;
  /** How many edges there are, or were if each dependency had its upstream. */
  readonly connections: number;
  readonly digest: GraphDigest;
}

export function isTooLarge({ order, connections }: Pick<GraphIndex, 'order' | 'connections'>): boolean {
  return order.length > MAX_GRAPH_JOBS || connections > MAX_GRAPH_EDGES;
}

/** @param jobs - by job_id, each once */
export function indexGraph(jobs: readonly GraphJob[]): GraphIndex {
  const names = { jobs: new NameTable(jobs.map(({ job_id }) => job_id)), datasets: new NameTable() };
  const nodes = jobs.map((job) => graphNode(job, names));
  const producers = invert(nodes, names, ({ produces }) => produces);
  const consumers = invert(nodes, names, ({ consumes }) => consumes);
  const order = Int32Array.from(nodes.keys());
  const connections = countConnections(nodes, producers);
  const sizes = { jobs: names.jobs.size, connections: isTooLarge({ order, connections }) ? 0 : connections };
  const downstream = connect(sizes.connections === 0 ? [] : nodes, producers, sizes);
  const digest = digestGraph(jobs);
  return { names, nodes, order, producers, consumers, downstream, connections, digest };
}

/** The jobs that a job waits for, those that are not there among them. */
export function upstreamsOf(
  { nodes, producers }: Pick<GraphIndex, 'nodes' | 'producers'>,
  slot: number,
): Set<number> {
  const node = nodes[slot];
  const upstreams = new Set(node?.upstreams);
  for (const dataset of node?.consumes ?? [])
    for (const producer of producers[dataset] ?? []) if (producer !== slot) upstreams.add(producer);
  return upstreams;
}

function invert(
  nodes: readonly GraphNode[],
  { datasets }: GraphNames,
  datasetsOf: (node: GraphNode) => readonly number[],
): number[][] {
  const jobs = Array.from({ length: datasets.size }, (): number[] => []);
  nodes.forEach((node, slot) => {
    for (const dataset of datasetsOf(node)) jobs[dataset]?.push(slot);
  });
  return jobs;
}

function countConnections(nodes: readonly GraphNode[], producers: GraphIndex['producers']): number {
  let count = 0;
  for (const { upstreams, consumes } of nodes) {
    count += upstreams.length;
    for (const dataset of consumes) count += producers[dataset]?.length ?? 0;
  }
  return count;
}

function connect(
  nodes: readonly GraphNode[],
  producers: GraphIndex['producers'],
  sizes: { readonly jobs: number; readonly connections: number },
): Adjacency {
  const from = new Int32Array(sizes.connections);
  const to = new Int32Array(sizes.connections);
  const lastSeenBy = new Int32Array(sizes.jobs).fill(-1);
  let count = 0;
  const add = (upstream: number, slot: number): void => {
    if (lastSeenBy[upstream] === slot) return;
    lastSeenBy[upstream] = slot;
    from[count] = upstream;
    to[count] = slot;
    count++;
  };
  nodes.forEach(({ upstreams, consumes }, slot) => {
    for (const upstream of upstreams) add(upstream, slot);
    for (const dataset of consumes)
      for (const producer of producers[dataset] ?? []) if (producer !== slot) add(producer, slot);
  });
  return packAdjacency(sizes.jobs, from, to, count);
}
