import type { DueSchedule, HeldSchedules } from '@phi/core';

import type { Services } from './services.js';

/** How late a schedule may be before the scheduler counts as lagging, in milliseconds. */
const LATE_AFTER_MS = 30_000;
/** Of what is late, so many are looked at; what is held among it is none that was forgotten. */
const LOOKED_AT = 200;
/** Schedules that a reason names. */
const NAMED_AT_MOST = 3;

/**
 * How the scheduler is doing (specification: Health Check Integration): UNHEALTHY where nothing schedules, DEGRADED where
 * the ledger has a hole, a schedule cannot be evaluated, or one waits for room in the queue or for a resource.
 */
export async function schedulerStatus(services: Services): Promise<string> {
  const { schedules, config } = services;
  const now = await schedules.now();
  const [late, held, holes, invalid] = await Promise.all([
    schedules.due(now - LATE_AFTER_MS, LOOKED_AT),
    schedules.held(),
    schedules.holes(),
    schedules.invalid(),
  ]);
  const lag = config.SCHEDULER_ENABLED ? lagOf(late, held, now) : undefined;
  if (lag !== undefined) return `UNHEALTHY: ${lag}`;
  const reasons = [
    ...(config.SCHEDULER_ENABLED ? heldReason(held) : []),
    ...holeReason(holes),
    ...invalidReason(invalid),
  ];
  if (reasons.length > 0) return `DEGRADED: ${reasons.join('; ')}`;
  return config.SCHEDULER_ENABLED ? 'HEALTHY' : 'DISABLED';
}

/** What is held is late by the queue's fault, unless nobody has tried it for as long. */
function lagOf(
  late: readonly DueSchedule[],
  held: HeldSchedules | undefined,
  now: number,
): string | undefined {
  if (late.length === 0) return undefined;
  const forgotten = late.find((schedule) => schedule.held === undefined);
  if (forgotten !== undefined)
    return `the earliest fire time is ${seconds(now - forgotten.nominal_ms)} overdue`;
  const untried = now - (held?.tried_ms ?? 0);
  return untried < LATE_AFTER_MS
    ? undefined
    : `no scheduler has looked at what is due for ${seconds(untried)}`;
}

function heldReason(held: HeldSchedules | undefined): string[] {
  if (held === undefined) return [];
  const what = held.reason === 'RES_005_QUEUE_FULL' ? 'room in the queue' : 'a resource to recover';
  return [`${schedulesOf(held.count, 'waits', 'wait')} for ${what} (${held.reason})`];
}

function holeReason(holes: ReadonlyMap<string, string>): string[] {
  const [first] = holes;
  if (first === undefined) return [];
  const [schedule, hole] = first;
  const others = holes.size === 1 ? '' : ` (and ${schedulesOf(holes.size - 1, 'more', 'more')})`;
  return [`the ledger of ${schedule} does not add up: ${hole}${others}`];
}

function invalidReason(invalid: ReadonlyMap<string, string>): string[] {
  if (invalid.size === 0) return [];
  const named = [...invalid.keys()].sort().slice(0, NAMED_AT_MOST);
  const more = invalid.size > named.length ? ', …' : '';
  return [`${schedulesOf(invalid.size, 'is', 'are')} invalid: ${named.join(', ')}${more}`];
}

function schedulesOf(count: number, one: string, several: string): string {
  return count === 1 ? `1 schedule ${one}` : `${String(count)} schedules ${several}`;
}

function seconds(ms: number): string {
  return `${String(Math.round(ms / 1000))} s`;
}
