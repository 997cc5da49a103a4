import type { FlushCommand, HoldingTrigger, TriggerRegistration } from '@phi/core';

import type { Catalog } from './catalog.js';
import { flushOf, savePlan } from './flush-triggers.js';
import type { Services } from './services.js';

/** The active triggers that each job has after a registration; none of a job that is removed. */
export type TriggersAfter = ReadonlyMap<string, readonly TriggerRegistration[]>;

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
  after: TriggersAfter,
): Promise<readonly FlushCommand[]> {
  const holding = await services.events.holding([...after.keys()]);
  const changed = holding.filter((trigger) => !isKept(trigger, after));
  const flushes = changed.map((trigger) => ({ ...flushOf(catalog, trigger), force: true }));
  for (const flush of flushes) {
    await savePlan(services, catalog, flush.job_id);
    await drain(services, flush);
  }
  return flushes;
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
