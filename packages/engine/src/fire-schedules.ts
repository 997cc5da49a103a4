import type { TickOutcome } from '@phi/core';

import type { Services } from './services.js';
import { settleOrInvalidate } from './settle-or-invalidate.js';
import type { TickCounts } from './settle-schedule.js';

/** Schedules looked at in one round. */
const ROUND = 500;

/** What one cycle did, and when the next is due. */
export interface FireReport {
  /** Fire times by what they came to. */
  readonly settled: ReadonlyMap<TickOutcome, number>;
  /** Schedules found to be invalid. */
  readonly invalid: readonly string[];
  /** Milliseconds until the next fire time, by Redis' clock; absent when there is none to wait for. */
  readonly next_in_ms?: number;
}

/**
 * Settles every fire time that is due (Rules 1, 3, 4 and 17). Any number of schedulers may run it at once: the execution's
 * id follows from the fire time, and the script that creates it moves the schedule on.
 */
export async function fireSchedules(services: Services): Promise<FireReport> {
  const settled: TickCounts = new Map();
  const invalid: string[] = [];
  let stuck = false;
  for (let moved = true; moved;) {
    const now = await services.schedules.now();
    const due = await services.schedules.due(now, ROUND);
    if (due.length === 0) break;
    const options = { now, catalog: await services.catalog.current() };
    const results = await Promise.all(due.map((schedule) => settleOrInvalidate(services, schedule, options)));
    invalid.push(...results.filter((result) => typeof result === 'string'));
    moved = results.map((result) => result !== undefined && add(settled, result)).includes(true);
    stuck = !moved;
  }
  const [next, now] = await Promise.all([services.schedules.nextDue(), services.schedules.now()]);
  const report = { settled, invalid };
  // What is due and does not move is another scheduler's by now, or damaged: neither is worth hurrying for.
  return next === undefined || stuck ? report : { ...report, next_in_ms: Math.max(0, next - now) };
}

/** @returns whether anything was moved on */
function add(total: TickCounts, part: TickCounts | string): boolean {
  if (typeof part === 'string') return true;
  for (const [outcome, count] of part) total.set(outcome, (total.get(outcome) ?? 0) + count);
  return part.size > 0;
}
