import type { WindowEntry } from '@phi/core';

import { windowEntryOf } from './job-window.js';
import type { RegisteredJob } from './registered-job.js';
import type { Services } from './services.js';
import { usualDuration } from './usual-duration.js';

/** Jobs looked at in one round. */
const ROUND = 200;

/**
 * Writes the next execution window of every job whose present one has opened or closed (Rule 17): what was held until then
 * goes on, and what a job skips outside its windows is skipped.
 *
 * @returns milliseconds until the next one does, by Redis' clock; undefined where there is none to wait for
 */
export async function openWindows(services: Services): Promise<number | undefined> {
  const catalog = await services.catalog.current();
  const due = await services.windows.due(ROUND);
  if (due.length > 0) {
    const entries = await Promise.all(
      due.map(async (jobId) => [jobId, await entryOf(services, catalog.jobs.get(jobId))] as const),
    );
    await services.windows.set(new Map(entries), catalog.graph_id);
  }
  const [next, now] = await Promise.all([services.windows.nextDue(), services.schedules.now()]);
  return next === undefined ? undefined : Math.max(0, next - now);
}

async function entryOf(services: Services, job: RegisteredJob | undefined): Promise<WindowEntry | undefined> {
  if (job === undefined) return undefined;
  const { definition } = job;
  const usualMs = definition.fit_in_window ? await usualDuration(services, definition.job_id) : undefined;
  const now = await services.schedules.now();
  const defaultZone = services.config.SCHEDULER_TIMEZONE_DEFAULT;
  return windowEntryOf(definition, { now, usualMs, defaultZone });
}
