import type { ResourceChanges } from '@phi/engine';
import type { Logger } from '@phi/telemetry';

/** Logs what has become exhausted, each as a ResourceExhaustionError, and what has recovered. */
export function tellResourceChanges(log: Logger, { began, ended }: ResourceChanges): void {
  for (const resource of began) log.warn({ ...resource }, 'a resource is exhausted');
  for (const resource of ended) log.info({ ...resource }, 'a resource has recovered');
}
