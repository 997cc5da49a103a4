import {
  dependencyVerdicts,
  type ExecutionRecord,
  type ExplainedDependency,
  type PlannedDependency,
  type StoredPlanJob,
} from '@phi/core';

import type { Services } from './services.js';

/** What an execution depends on, as it was planned and decided. A retry's were decided for its first attempt. */
export async function readDependencies(
  services: Services,
  record: ExecutionRecord,
  job: StoredPlanJob | undefined,
): Promise<PlannedDependency[]> {
  if (job === undefined || job.edges.length === 0) return [];
  const decided = await services.executions.decidedEdges(record.parent_execution_id ?? record.execution_id);
  return dependencyVerdicts(job, decided);
}

/** The same with what is known of the upstreams (specification: Rule 2). */
export async function explainDependencies(
  services: Services,
  record: ExecutionRecord,
  dependencies: readonly PlannedDependency[],
): Promise<ExplainedDependency[]> {
  const latest = await services.explanations.latest(
    dependencies.map(({ edge }) => ({
      job_id: edge.upstream_job_id,
      ...(edge.inside ? { run_id: record.run_id } : {}),
    })),
  );
  return dependencies.map((dependency, at) => explainOne(record, dependency, latest[at]));
}

function explainOne(
  record: ExecutionRecord,
  { edge, verdict, decided }: PlannedDependency,
  latest: ExecutionRecord | undefined,
): ExplainedDependency {
  return {
    dependency_id: edge.dependency_id,
    upstream_job_id: edge.upstream_job_id,
    dependency_type: edge.dependency_type,
    inside: edge.inside,
    verdict,
    // Empty where what has decided it is lost.
    decided_by: decided?.execution_id || null,
    latest: latest === undefined ? null : { execution_id: latest.execution_id, status: latest.status },
    until: record.status === 'PENDING' && decided === undefined ? timeoutOf(record, edge.timeout_ms) : null,
  };
}

function timeoutOf({ created_time }: ExecutionRecord, timeoutMs: number | undefined): string | null {
  return timeoutMs === undefined ? null : new Date(created_time + timeoutMs).toISOString();
}
