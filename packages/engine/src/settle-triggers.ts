import type {
  FlushCommand,
  HoldingTrigger,
  JobDefinition,
  JobRegistration,
  TriggerRegistration,
} from '@phi/core';

import { registerTriggers } from './active-trigger.js';
import type { Catalog } from './catalog.js';
import { flushOf, savePlan } from './flush-triggers.js';
import type { Services } from './services.js';

/** What a registration does to jobs. */
interface JobsAfter {
  readonly changed: readonly JobRegistration[];
  readonly removed: readonly string[];
}

/**
 * Flushes what a registration changes or takes away, as it is registered now: whether due or not, even when the job is busy or the
 * queue is full, since nothing that was accepted may be lost.
 *
 * @param catalog - as registered now
 * @returns flushes for the registration to carry out once more, of what comes in meanwhile
 */
export async function settleTriggers(
  services: Services,
  catalog: Catalog,
  registration: JobsAfter,
): Promise<readonly FlushCommand[]> {
  const after = triggersAfter(registration);
  const holding = await services.events.holding([...after.keys()]);
  const changed = holding.filter((trigger) => !isKept(trigger, after));
  const flushes = changed.map((trigger) => ({ ...flushOf(catalog, trigger), force: true }));
  for (const flush of flushes) {
    await savePlan(services, catalog, flush.job_id);
    await drain(services, flush);
  }
  return flushes;
}

/** The active triggers that each job has after a registration; none of a job that is removed. */
type TriggersAfter = ReadonlyMap<string, readonly TriggerRegistration[]>;

function triggersAfter({ changed, removed }: JobsAfter): TriggersAfter {
  const after = new Map<string, readonly TriggerRegistration[]>();
  for (const { job_id, definition } of changed)
    after.set(job_id, registerTriggers(JSON.parse(definition) as JobDefinition));
  for (const jobId of removed) after.set(jobId, []);
  return after;
}

function isKept({ job_id, trigger_id, digest }: HoldingTrigger, after: TriggersAfter): boolean {
  const triggers = after.get(job_id) ?? [];
  return triggers.some((trigger) => trigger.trigger_id === trigger_id && trigger.digest === digest);
}

/** What comes in faster than it is flushed does not keep this from ending: the last flush is the registration's. */
async function drain(services: Services, flush: FlushCommand): Promise<void> {
  let left = Number.POSITIVE_INFINITY;
  while (left > 0) {
    const answer = await services.events.flush(flush);
    if (!answer.ok || answer.rest >= left) return;
    left = answer.rest;
  }
}
