import type { ExhaustedResource, ExhaustedResourceView, Exhaustion } from '@phi/core';

import type { Services } from './services.js';

/** What is exhausted now, each as a ResourceExhaustionError (specification: Resource Exhaustion Errors). */
export async function viewExhaustion({
  exhaustion,
}: Pick<Services, 'exhaustion'>): Promise<readonly ExhaustedResourceView[]> {
  const read = await exhaustion.read();
  return read.exhausted.map((resource) => viewResource(resource, read));
}

function viewResource(resource: ExhaustedResource, read: Exhaustion): ExhaustedResourceView {
  const { resource_type, usage, threshold, code, source, measurer, since, actions, in_force } = resource;
  const queues = queuesFor(resource);
  const held = in_force.includes('PAUSE_SCHEDULING') ? read.held_jobs : [];
  return {
    resource_type,
    current_usage: usage,
    threshold,
    affected_jobs: [...new Set([...(queues ? read.queued_jobs : []), ...held])],
    queued_count: queues ? read.queued_count : 0,
    estimated_recovery_seconds: resource.estimated_recovery_seconds ?? null,
    error_code: code,
    source,
    measured_by: measurer,
    since: new Date(since).toISOString(),
    emergency_actions: [...actions],
    in_force: [...in_force],
  };
}

/** The places of one executor are missed by what waits for room, whoever else offers some. */
function queuesFor({ source, actions, in_force }: ExhaustedResource): boolean {
  return in_force.includes('QUEUE_ALL') || (source === 'EXECUTOR' && actions.includes('QUEUE_ALL'));
}
