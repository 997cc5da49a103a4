import {
  decideTicks,
  fireTimes,
  nextFireTime,
  scheduledExecutionId,
  skipIfRunning,
  STARTING_OUTCOMES,
  type DueSchedule,
  type ErrorCode,
  type JobDefinition,
  type Schedule,
  type Tick,
  type TickDecision,
  type TickOutcome,
} from '@phi/core';

import type { Catalog } from './catalog.js';
import { isSkippedAt } from './job-window.js';
import type { RegisteredJob } from './registered-job.js';
import type { Services } from './services.js';
import { startRun, type RootCommand, type StartRefusal } from './start-run.js';

/** How many fire times came to what. */
export type TickCounts = Map<TickOutcome, number>;

export interface SettleOptions {
  /** Read after the schedule was: what it decides of a schedule that was changed since is refused. */
  readonly catalog: Catalog;
  /** Redis' time, epoch milliseconds. */
  readonly now: number;
  /**
   * Settles what would start an execution without starting it: as REJECTED where the queue is full or a resource exhausted,
   * as MISSED where schedules are stopped. For a schedule that is about to change.
   */
  readonly insist?: boolean;
}

/** Fire times computed in one go, where that decides any; a longer backlog takes several. */
const TIMES_AT_ONCE = 10_000;
/** Decisions carried out in one go: one schedule's backlog must not keep the others waiting. */
const DECISIONS_AT_ONCE = 200;

const STARTING: ReadonlySet<TickOutcome> = new Set(STARTING_OUTCOMES);

/**
 * Settles the fire times of a schedule that are due, in order, until one cannot be (docs/adr/0008-tick-ledger.md).
 *
 * @returns how many came to what; empty where another scheduler was faster, or the first of them is held
 * @throws PhiError SCHED_... where the schedule cannot be evaluated
 */
export async function settleSchedule(
  services: Services,
  due: DueSchedule,
  options: SettleOptions,
): Promise<TickCounts> {
  const counts: TickCounts = new Map();
  // Another scheduler may have moved it on between the look at what is due and the look at where that stands.
  if (due.nominal_ms > options.now) return counts;
  const job = options.catalog.jobs.get(due.job_id);
  const schedule = job === undefined ? undefined : scheduleInForce(job.definition, due);
  if (job === undefined || schedule === undefined) return counts;
  const { backlog, decisions } = decideBacklog(services, job.definition, schedule, due, options);
  let settled = 0;
  for (const decision of decisions.slice(0, DECISIONS_AT_ONCE)) {
    settled += decision.count;
    const next_ms = backlog.times[settled] ?? nextFireTime(schedule, decision.last_ms, decision.last_ms);
    const tick = tickOf(due, decision, next_ms);
    const outcome = await settle(services, due, tick, options);
    if (outcome === undefined) break;
    counts.set(outcome, (counts.get(outcome) ?? 0) + decision.count);
  }
  return counts;
}

/** The job may have been changed since its schedule was looked at. */
function scheduleInForce(definition: JobDefinition, due: DueSchedule): Schedule | undefined {
  const { schedule, enabled } = definition;
  return enabled && schedule?.schedule_id === due.schedule_id ? schedule : undefined;
}

/** Of a backlog that is long, as little is computed as it takes to decide something. */
function decideBacklog(
  services: Services,
  definition: JobDefinition,
  schedule: Schedule,
  due: DueSchedule,
  options: SettleOptions,
): { readonly backlog: Backlog; readonly decisions: readonly TickDecision[] } {
  for (let atOnce = TIMES_AT_ONCE; ; atOnce *= 2) {
    const backlog = timesOf(schedule, due.nominal_ms, options.now, atOnce);
    const decisions = decide(services, definition, schedule, due, backlog, options);
    if (backlog.complete || decisions.length > 0) return { backlog, decisions };
  }
}

interface Backlog {
  /** Unsettled fire times up to now; at least the one that the schedule stands at. */
  readonly times: readonly number[];
  readonly complete: boolean;
}

/** An interval counts on from any of its fire times. */
function timesOf(schedule: Schedule, nominal: number, now: number, atOnce: number): Backlog {
  const rest = fireTimes(schedule, nominal, now, nominal, atOnce - 1);
  return { times: [nominal, ...rest.times], complete: rest.complete };
}

function decide(
  services: Services,
  definition: JobDefinition,
  schedule: Schedule,
  due: DueSchedule,
  backlog: Backlog,
  { now, insist = false }: SettleOptions,
): readonly TickDecision[] {
  const decisions = decideTicks({
    ...backlog,
    now_ms: now,
    tolerance_seconds: schedule.tolerance_seconds,
    catchup_enabled: schedule.catchup_enabled,
    // Of the scheduler as well: the limit may have been lowered since the job was registered.
    max_catchup_runs: Math.min(schedule.max_catchup_runs, services.config.SCHEDULER_CATCHUP_LIMIT),
    pauses: due.pauses,
    is_skipped_at: isSkippedAt(definition, services.config.SCHEDULER_TIMEZONE_DEFAULT),
    held: due.held,
  });
  if (!insist || services.config.SCHEDULER_ENABLED) return decisions;
  return decisions.map((decision) =>
    STARTING.has(decision.outcome) ? { ...decision, outcome: 'MISSED', reason: STOPPED } : decision,
  );
}

const STOPPED = 'SCHED_007_SCHEDULER_STOPPED';

function tickOf(due: DueSchedule, decision: TickDecision, next_ms: number | undefined): Tick {
  const { schedule_id, rev } = due;
  return { schedule_id, rev, ...decision, ...(next_ms === undefined ? {} : { next_ms }) };
}

/** @returns what it came to; undefined where it could not be settled */
async function settle(
  services: Services,
  due: DueSchedule,
  tick: Tick,
  { catalog, insist = false }: SettleOptions,
): Promise<TickOutcome | undefined> {
  if (!STARTING.has(tick.outcome)) return record(services, catalog, tick);
  const result = await startRun(services, due.job_id, (current) => rootOf(services, current, due, tick));
  // One that is there already is another scheduler's: it has moved the schedule on as well.
  if (result.ok) return result.created ? tick.outcome : undefined;
  if (result.refusal === 'SKIPPED_RUNNING') return 'SKIPPED_RUNNING';
  if (result.refusal === 'REJECTED' || result.refusal === 'CONCURRENCY_LIMIT') return 'REJECTED';
  const reason = reasonToReject(result);
  if (reason === undefined || !insist) return undefined;
  return record(services, catalog, { ...tick, outcome: 'REJECTED', reason });
}

/** Why a fire time is rejected that is held now and cannot wait. */
function reasonToReject(result: StartRefusal): ErrorCode | undefined {
  if (result.refusal === 'EXHAUSTED') return result.reason;
  return result.refusal === 'QUEUE_FULL' ? 'RES_005_QUEUE_FULL' : undefined;
}

async function record(
  services: Services,
  { graph_id }: Catalog,
  tick: Tick,
): Promise<TickOutcome | undefined> {
  const word = await services.schedules.settle(tick, graph_id);
  return word === 'SETTLED' ? tick.outcome : undefined;
}

function rootOf(
  services: Services,
  { definition }: RegisteredJob,
  due: DueSchedule,
  tick: Tick,
): RootCommand | StartRefusal {
  const schedule = scheduleInForce(definition, due);
  if (schedule === undefined) return { ok: false, refusal: 'STALE_TICK' };
  const nominal = tick.first_ms;
  return {
    execution_id: scheduledExecutionId(services.namespace, due.job_id, due.schedule_id, nominal),
    job_id: due.job_id,
    trigger_type: 'SCHEDULED',
    trigger_id: due.schedule_id,
    scheduled_time: nominal,
    actor: 'scheduler',
    ...besideOthers(definition, schedule, tick),
  };
}

/** Rules 3 and 4: caught up runs come one after another, and are not skipped. */
function besideOthers(
  { job_id, concurrency }: JobDefinition,
  schedule: Schedule,
  tick: Tick,
): Pick<RootCommand, 'tick' | 'line'> {
  const mode = skipIfRunning(schedule, concurrency);
  if (tick.outcome !== 'CAUGHT_UP' && mode === 'SKIP') return { tick: { ...tick, skip_if_running: true } };
  if (mode !== 'RUN') return { tick, line: `job:${job_id}` };
  return tick.outcome === 'CAUGHT_UP' ? { tick, line: `catchup:${schedule.schedule_id}` } : { tick };
}
