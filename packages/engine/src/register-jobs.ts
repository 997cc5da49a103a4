import {
  nextFireTime,
  type CompiledGraph,
  type FlushCommand,
  type JobDefinition,
  type JobRegistration,
  type RegisterCommand,
  type ScheduleRegistration,
  type ScheduleState,
  type WindowEntry,
} from '@phi/core';

import { registerTriggers } from './active-trigger.js';
import type { Catalog } from './catalog.js';
import { changesAt } from './changes-at.js';
import { windowEntryOf } from './job-window.js';
import type { Services } from './services.js';
import { settleOrInvalidate } from './settle-or-invalidate.js';
import type { SettleOptions } from './settle-schedule.js';
import { settleTriggers } from './settle-triggers.js';
import { eachEdges } from './store-plan.js';
import { timingDigest } from './timing-digest.js';
import { usualDuration } from './usual-duration.js';

/** What is to take the place of what a catalog has. */
export interface Registration {
  readonly changed: readonly JobRegistration[];
  readonly removed: readonly string[];
  readonly graph: CompiledGraph;
}

/** How often fire times may become due while a registration waits for them to be settled. */
const TRIES = 20;

/**
 * Registers changed jobs with their schedules, triggers and execution windows, whole or not at all.
 *
 * A schedule changes at one instant: what fires up to it is settled first, as its configuration of then has it
 * (docs/adr/0008-tick-ledger.md). A trigger that changes is flushed first (docs/adr/0010-events.md).
 *
 * @returns false where another graph is registered by now
 */
export async function registerJobs(
  services: Services,
  catalog: Catalog,
  registration: Registration,
): Promise<boolean> {
  let flushes: readonly FlushCommand[] = [];
  for (let tried = 0; tried < TRIES; tried++) {
    const command = await commandOf(services, catalog, registration);
    const answer = await services.jobs.register({ ...command, flushes });
    if (answer.word !== 'UNSETTLED') return answer.word === 'REGISTERED';
    if (answer.schedule_ids.length > 0) await settleDue(services, answer.schedule_ids);
    else flushes = await settleTriggers(services, catalog, registration);
  }
  return false;
}

interface Changed {
  readonly registration: JobRegistration;
  readonly definition: JobDefinition;
}

async function commandOf(
  services: Services,
  catalog: Catalog,
  { changed, removed, graph }: Registration,
): Promise<Omit<RegisterCommand, 'flushes'>> {
  const jobs = changed.map((registration) => ({
    registration,
    definition: JSON.parse(registration.definition) as JobDefinition,
  }));
  const given = [...jobs.map(({ definition }) => definition.job_id), ...removed];
  const outgoing = given.flatMap((jobId) => scheduleIds(catalog.jobs.get(jobId)?.definition));
  const incoming = jobs.flatMap(({ definition }) => scheduleIds(definition));
  const states = await services.schedules.getMany([...new Set([...outgoing, ...incoming])]);
  const now = await services.schedules.now();
  const from = (scheduleId: string): number => changesAt(states.get(scheduleId), now);
  return {
    ...(catalog.graph_id === undefined ? {} : { expected_graph_id: catalog.graph_id }),
    graph_id: graph.graph_id,
    jobs: await Promise.all(jobs.map((job) => registeredJob(services, job, from, now))),
    removed,
    ends: Object.fromEntries(outgoing.map((id) => [id, from(id)])),
  };
}

function scheduleIds(definition: JobDefinition | undefined): string[] {
  return definition?.schedule === null || definition === undefined ? [] : [definition.schedule.schedule_id];
}

async function registeredJob(
  services: Services,
  { registration, definition }: Changed,
  from: (scheduleId: string) => number,
  now: number,
): Promise<RegisterCommand['jobs'][number]> {
  const schedule = registeredSchedule(definition, from);
  const window = await windowOf(services, definition, now);
  const triggers = registerTriggers(definition);
  const each = eachEdges(definition);
  const { max_running } = definition.concurrency;
  return {
    registration,
    ...(max_running === null ? {} : { max_running }),
    ...(each.length === 0 ? {} : { each }),
    ...(triggers.length === 0 ? {} : { triggers }),
    ...(schedule === undefined ? {} : { schedule }),
    ...(window === undefined ? {} : { window }),
  };
}

/** @param from - epoch milliseconds after which a schedule is in force */
export function registeredSchedule(
  { schedule, enabled }: JobDefinition,
  from: (scheduleId: string) => number,
): ScheduleRegistration | undefined {
  if (schedule === null || !enabled) return undefined;
  const { schedule_id } = schedule;
  const from_ms = from(schedule_id);
  const next_ms = nextFireTime(schedule, from_ms, from_ms);
  const digest = timingDigest(schedule);
  const base = { schedule_id, digest, from_ms };
  return next_ms === undefined ? base : { ...base, next_ms };
}

async function windowOf(
  services: Services,
  definition: JobDefinition,
  now: number,
): Promise<WindowEntry | undefined> {
  const defaultZone = services.config.SCHEDULER_TIMEZONE_DEFAULT;
  const usualMs = definition.fit_in_window ? await usualDuration(services, definition.job_id) : undefined;
  return windowEntryOf(definition, { now, usualMs, defaultZone });
}

/** Settles what is due by now, however much that is: what becomes due meanwhile is another try's. */
async function settleDue(services: Services, scheduleIds: readonly string[]): Promise<void> {
  const now = await services.schedules.now();
  let left = scheduleIds;
  while (left.length > 0) {
    const states = await services.schedules.getMany(left);
    const options = { now, catalog: await services.catalog.current(), insist: true };
    const moved = await Promise.all([...states].map((state) => settleOne(services, state, options)));
    left = moved.flatMap((scheduleId) => scheduleId ?? []);
  }
}

/** @returns its id where there may be more to settle */
async function settleOne(
  services: Services,
  [schedule_id, { job_id, rev, pauses, held, next_ms }]: readonly [string, ScheduleState],
  options: SettleOptions,
): Promise<string | undefined> {
  if (next_ms === undefined) return undefined;
  const base = { schedule_id, job_id, rev, pauses, nominal_ms: next_ms };
  const due = held === undefined ? base : { ...base, held };
  const settled = await settleOrInvalidate(services, due, options);
  return settled instanceof Map && settled.size > 0 ? schedule_id : undefined;
}
