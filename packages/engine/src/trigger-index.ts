import { ActiveTrigger, activeTriggersOf } from './active-trigger.js';
import type { RegisteredJob } from './registered-job.js';

/** The active triggers of a catalog by the source that they name. */
export type TriggerIndex = ReadonlyMap<string, readonly ActiveTrigger[]>;

/** In the order of their jobs' ids, so that an event gets the same answer from every process. */
export function indexTriggers(jobs: Iterable<RegisteredJob>): TriggerIndex {
  const index = new Map<string, ActiveTrigger[]>();
  for (const job of jobs) {
    for (const trigger of activeTriggersOf(job.definition)) {
      const active = new ActiveTrigger(job, trigger);
      const others = index.get(trigger.source);
      if (others === undefined) index.set(trigger.source, [active]);
      else others.push(active);
    }
  }
  for (const triggers of index.values()) triggers.sort(byJob);
  return index;
}

function byJob(a: ActiveTrigger, b: ActiveTrigger): number {
  if (a.job_id === b.job_id) return 0;
  return a.job_id < b.job_id ? -1 : 1;
}
