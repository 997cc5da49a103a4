import { revalidateSchedule } from './invalid-schedules.js';
import type { Services } from './services.js';

export type ScheduleControl =
  /** `changed` is false where it was so already. */
  | { readonly ok: true; readonly changed: boolean }
  /** It was never in force: its job is not enabled. */
  | { readonly ok: false; readonly refusal: 'NEVER_IN_FORCE' }
  | { readonly ok: false; readonly refusal: 'CONFLICT' };

/** How often a schedule may be changed by others meanwhile. */
const TRIES = 5;

/** Pauses a schedule from now on: its fire times are settled as SKIPPED_PAUSED. */
export async function pauseSchedule(services: Services, scheduleId: string): Promise<ScheduleControl> {
  return answerOf(await services.schedules.pause(scheduleId), false);
}

/**
 * Lets a schedule fire again: one that was paused, and one that was found invalid if it can be evaluated now.
 *
 * @throws PhiError SCHED_... while it still cannot be; nothing is changed then
 */
export async function resumeSchedule(services: Services, scheduleId: string): Promise<ScheduleControl> {
  const revalidated = await revalidate(services, scheduleId);
  if (revalidated === undefined) return { ok: false, refusal: 'CONFLICT' };
  return answerOf(await services.schedules.resume(scheduleId), revalidated);
}

/** @returns whether it was invalid; undefined where it was changed by others all the while */
async function revalidate(services: Services, scheduleId: string): Promise<boolean | undefined> {
  for (let tried = 0; tried < TRIES; tried++) {
    const state = await services.schedules.get(scheduleId);
    if (state?.invalid === undefined) return tried > 0;
    if (await revalidateSchedule(services, scheduleId, state)) return true;
  }
  return undefined;
}

function answerOf(word: 'CHANGED' | 'UNCHANGED' | 'UNKNOWN_SCHEDULE', changed: boolean): ScheduleControl {
  if (word === 'UNKNOWN_SCHEDULE') return { ok: false, refusal: 'NEVER_IN_FORCE' };
  return { ok: true, changed: changed || word === 'CHANGED' };
}
