import type { Trigger } from '@phi/core';

import type { RegisteredJob } from './registered-job.js';

/** A trigger that is active, with the job that it starts. */
export interface ActiveTrigger {
  readonly job: RegisteredJob;
  readonly trigger: Trigger;
}

/** The active triggers of a catalog by the source that they name. */
export type TriggerIndex = ReadonlyMap<string, readonly ActiveTrigger[]>;

/** In the order of their jobs' ids, so that an event gets the same answer from every process. */
export function indexTriggers(jobs: Iterable<RegisteredJob>): TriggerIndex {
  const index = new Map<string, ActiveTrigger[]>();
  for (const job of jobs) {
    if (!job.definition.enabled) continue;
    for (const trigger of job.definition.triggers.filter(({ enabled }) => enabled)) {
      const others = index.get(trigger.source);
      if (others === undefined) index.set(trigger.source, [{ job, trigger }]);
      else others.push({ job, trigger });
    }
  }
  for (const active of index.values()) active.sort(byJob);
  return index;
}

function byJob(a: ActiveTrigger, b: ActiveTrigger): number {
  if (a.job.job_id === b.job.job_id) return 0;
  return a.job.job_id < b.job.job_id ? -1 : 1;
}
