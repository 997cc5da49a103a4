import {
  nextFireTime,
  previewSchedule,
  type JobDefinition,
  type Schedule,
  type ScheduleState,
} from '@phi/core';

import { changesAt } from './changes-at.js';
import { evaluableSchedule } from './evaluable-schedule.js';
import { timingDigest } from './timing-digest.js';

/** The next fire times of a schedule before and after a change, epoch milliseconds; none where it is not in force. */
export interface FireTimeChange {
  readonly schedule_id: string;
  readonly job_id: string;
  readonly timezone: string;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

/** A job before and after a change; undefined where it was not there, or is no more. */
export interface ChangedJob {
  readonly job_id: string;
  readonly before: JobDefinition | undefined;
  readonly after: JobDefinition | undefined;
}

const TIMES = 3;
/** Later times have no year of four digits. */
const LAST_TIME_MS = Date.parse('9999-12-31T23:59:59.999Z');

/**
 * The schedules of changed jobs whose next fire times change.
 *
 * @param states - of the schedules that are registered
 * @param now - Redis' time, epoch milliseconds
 */
export function fireTimeChanges(
  changed: readonly ChangedJob[],
  states: ReadonlyMap<string, ScheduleState>,
  now: number,
): FireTimeChange[] {
  return changed
    .flatMap(({ job_id, before, after }) => {
      const old = inForce(before, now);
      const replaced = inForce(after, now);
      const schedules = [old, replaced].filter((schedule) => schedule !== undefined);
      const ids = new Set(schedules.map(({ schedule_id }) => schedule_id));
      return [...ids].map((schedule_id) => ({
        schedule_id,
        job_id,
        timezone: schedules.findLast((schedule) => schedule.schedule_id === schedule_id)?.timezone ?? 'UTC',
        ...timesOf(withId(old, schedule_id), withId(replaced, schedule_id), states.get(schedule_id), now),
      }));
    })
    .filter(({ before, after }) => before.join() !== after.join());
}

function inForce(definition: JobDefinition | undefined, now: number): Schedule | undefined {
  return definition?.enabled === true ? evaluableSchedule(definition, now) : undefined;
}

function withId(schedule: Schedule | undefined, id: string): Schedule | undefined {
  return schedule?.schedule_id === id ? schedule : undefined;
}

function timesOf(
  before: Schedule | undefined,
  after: Schedule | undefined,
  state: ScheduleState | undefined,
  now: number,
): Pick<FireTimeChange, 'before' | 'after'> {
  const goesOn = before !== undefined && after !== undefined && timingDigest(before) === timingDigest(after);
  const old = nextTimes(before, now, state?.anchor_ms ?? now);
  // A timing that is registered now counts from now.
  const from = changesAt(state, now);
  return { before: old, after: goesOn ? old : nextTimes(after, from, from) };
}

function nextTimes(schedule: Schedule | undefined, from: number, anchor: number): number[] {
  if (schedule === undefined) return [];
  // An interval counts on from any of its fire times, and fires at what it counts from only if that is one.
  const anchorMs = nextFireTime(schedule, anchor, anchor) ?? anchor;
  const { next } = previewSchedule(schedule, from, TIMES, { anchorMs });
  return next.map(({ time_ms }) => time_ms).filter((time) => time <= LAST_TIME_MS);
}
