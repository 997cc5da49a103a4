import {
  decideTick,
  nextFireTime,
  scheduledExecutionId,
  type DueSchedule,
  type JobDefinition,
  type Tick,
} from '@phi/core';

import type { Services } from './services.js';
import { startRun, type RootCommand, type StartRefusal } from './start-run.js';

/** Schedules looked at in one round. */
const ROUND = 500;

/** What one cycle did, and when the next is due. */
export interface FireReport {
  readonly fired: number;
  readonly missed: number;
  /** Milliseconds until the next fire time, by Redis' clock; absent when there is none to wait for. */
  readonly next_in_ms?: number;
}

/**
 * Fires every schedule that is due (Rule 1). Any number of schedulers may run it at once: the execution's
 * id follows from the fire time, and the script that creates it moves the schedule on.
 */
export async function fireSchedules(services: Services): Promise<FireReport> {
  const counts = { FIRED: 0, LATE: 0, MISSED: 0 };
  let stuck = false;
  for (let moved = true; moved;) {
    const now = await services.schedules.now();
    const due = await services.schedules.due(now, ROUND);
    const outcomes = await Promise.all(due.map((schedule) => fire(services, schedule, now)));
    for (const outcome of outcomes) if (outcome !== undefined) counts[outcome] += 1;
    moved = outcomes.some((outcome) => outcome !== undefined);
    stuck = due.length > 0;
  }
  const [next, now] = await Promise.all([services.schedules.nextDue(), services.schedules.now()]);
  const report = { fired: counts.FIRED + counts.LATE, missed: counts.MISSED };
  // What is due and does not move is another scheduler's by now, or damaged: neither is worth hurrying for.
  return next === undefined || stuck ? report : { ...report, next_in_ms: Math.max(0, next - now) };
}

async function fire(services: Services, due: DueSchedule, now: number): Promise<Tick['outcome'] | undefined> {
  const catalog = await services.catalog.current();
  const tick = tickOf(due, catalog.jobs.get(due.job_id)?.definition, now);
  if (tick.outcome === 'MISSED') {
    const word = await services.schedules.recordTick(tick, catalog.graph_id);
    return word === 'RECORDED' ? tick.outcome : undefined;
  }
  const result = await startRun(services, due.job_id, (job) =>
    rootOf(services, due, tickOf(due, job.definition, now)),
  );
  return result.ok && result.created ? tick.outcome : undefined;
}

/** The schedule may have been changed since it was looked at: it counts as it is registered when it fires. */
function rootOf(services: Services, due: DueSchedule, tick: Tick): RootCommand | StartRefusal {
  if (tick.outcome === 'MISSED') return { ok: false, refusal: 'STALE_TICK' };
  return {
    execution_id: scheduledExecutionId(services.namespace, due.job_id, due.schedule_id, due.nominal_ms),
    job_id: due.job_id,
    trigger_type: 'SCHEDULED',
    trigger_id: due.schedule_id,
    scheduled_time: due.nominal_ms,
    actor: 'scheduler',
    tick,
  };
}

function tickOf(due: DueSchedule, definition: JobDefinition | undefined, now: number): Tick {
  const schedule = definition?.schedule;
  const base = { schedule_id: due.schedule_id, nominal_ms: due.nominal_ms };
  // A schedule whose job is gone stops here; registration has taken its fire time away already.
  if (schedule === undefined || schedule === null || definition?.enabled !== true)
    return { ...base, outcome: 'MISSED' };
  // An interval counts on from this fire time, whenever the job was registered.
  const next_ms = nextFireTime(schedule, due.nominal_ms, due.nominal_ms);
  const outcome = decideTick({
    nominalMs: due.nominal_ms,
    nowMs: now,
    toleranceSeconds: schedule.tolerance_seconds,
  });
  return { ...base, outcome, ...(next_ms === undefined ? {} : { next_ms }) };
}
