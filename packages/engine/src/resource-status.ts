import type { ExhaustedResourceView } from '@phi/core';

/** Whether a resource is exhausted, and what is done about it, in a line (specification: Health Check Integration). */
export function resourceStatus(exhausted: readonly ExhaustedResourceView[]): string {
  if (exhausted.length === 0) return 'HEALTHY';
  return `DEGRADED: ${exhausted.map(describeExhausted).join('; ')}`;
}

/** One exhausted resource in words. */
export function describeExhausted(resource: ExhaustedResourceView): string {
  const { resource_type, source, measured_by, current_usage, threshold, error_code } = resource;
  const whose = source === 'REDIS' ? 'of Redis' : `of the host of ${measured_by}`;
  const level = `${percent(current_usage)} in use, threshold ${percent(threshold)}`;
  return `${resource_type} ${whose}: ${level}: ${consequence(resource)} (${error_code})`;
}

function consequence({ source, emergency_actions, in_force }: ExhaustedResourceView): string {
  if (in_force.length > 0) return in_force.join(', ');
  if (source === 'EXECUTOR' && emergency_actions.includes('QUEUE_ALL')) return 'it takes nothing new';
  return 'nothing is done about it';
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}
