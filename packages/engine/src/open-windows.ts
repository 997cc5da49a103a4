import { PhiError, type JobDefinition, type WindowEntry } from '@phi/core';

import { closedUntil, windowEntryOf } from './job-window.js';
import type { RegisteredJob } from './registered-job.js';
import { reportSchedulingError } from './report-scheduling-error.js';
import type { Services } from './services.js';
import { usualDuration } from './usual-duration.js';

/** Jobs looked at in one round. */
const ROUND = 200;
/** How soon windows are tried again that this process cannot evaluate: another may know their time zone. */
const AGAIN_AFTER_MS = 60_000;

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
  const now = await services.schedules.now();
  try {
    return await evaluate(services, job.definition, now);
  } catch (error) {
    if (!(error instanceof PhiError) || !error.code.startsWith('SCHED_')) throw error;
    await report(services, job.definition, error, now);
    return closedUntil(now + AGAIN_AFTER_MS);
  }
}

async function evaluate(
  services: Services,
  definition: JobDefinition,
  now: number,
): Promise<WindowEntry | undefined> {
  const usualMs = definition.fit_in_window ? await usualDuration(services, definition.job_id) : undefined;
  const defaultZone = services.config.SCHEDULER_TIMEZONE_DEFAULT;
  return windowEntryOf(definition, { now, usualMs, defaultZone });
}

/** Repeated, it is the same report. */
async function report(
  services: Services,
  { job_id, schedule, execution_windows, execution_window_timezone }: JobDefinition,
  { code, message }: PhiError,
  now: number,
): Promise<void> {
  await reportSchedulingError(services, {
    job_id,
    schedule_id: schedule?.schedule_id ?? '',
    error_code: code,
    error_message: message,
    schedule_config: JSON.stringify({ execution_windows, execution_window_timezone }),
    detection_time: new Date(now).toISOString(),
  });
}
