import type { DependencyEdge } from '../schema/dependency-graph.js';
import type { GraphIndex } from './graph-index.js';
import type { GraphJob } from './graph-job.js';
import type { GraphNode } from './graph-node.js';
import {
  consumedDatasets,
  dataDependencyId,
  kindOf,
  outputDependencyId,
  referencedJobs,
} from './job-links.js';

/**
 * Every edge between jobs that are there, by the job_id of the dependent; its declared dependencies first, then those on data, then
 * those on outputs. A dataset with several producers is one dependency with an edge from each of them.
 */
export function listEdges(index: GraphIndex): DependencyEdge[] {
  const edges: DependencyEdge[] = [];
  for (const slot of index.order) {
    const node = index.nodes[slot];
    if (node === undefined) continue;
    addDeclared(edges, index, node);
    if (node.consumes.length > 0) addData(edges, index, node);
    if (node.job.references.length > 0) addOutputs(edges, index, node.job);
  }
  return edges;
}

function addDeclared(edges: DependencyEdge[], { nodes }: GraphIndex, { job, upstreams }: GraphNode): void {
  job.dependencies.forEach((dependency, at) => {
    if (nodes[upstreams[at] ?? -1] === undefined) return;
    edges.push({
      from: dependency.upstream_job_id,
      to: job.job_id,
      dependency_id: dependency.dependency_id,
      kind: kindOf(dependency),
      type: dependency.dependency_type,
    });
  });
}

function addData(
  edges: DependencyEdge[],
  { names, producers }: GraphIndex,
  { job, consumes }: GraphNode,
): void {
  consumedDatasets(job).forEach((dataset, at) => {
    for (const producer of producers[consumes[at] ?? -1] ?? []) {
      const from = names.jobs.nameOf(producer);
      if (from === job.job_id) continue;
      const dependency_id = dataDependencyId(job.job_id, dataset);
      edges.push({ from, to: job.job_id, dependency_id, kind: 'DATA', type: 'DATA_READY' });
    }
  });
}

function addOutputs(edges: DependencyEdge[], { names, nodes }: GraphIndex, job: GraphJob): void {
  for (const { job_id: from } of referencedJobs(job)) {
    if (nodes[names.jobs.find(from) ?? -1] === undefined) continue;
    const dependency_id = outputDependencyId(job.job_id, from);
    edges.push({ from, to: job.job_id, dependency_id, kind: 'DATA', type: 'SUCCESS' });
  }
}
