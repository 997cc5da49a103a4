import {
  jobsOfEntries,
  latestFireTimes,
  scheduledExecutionId,
  STARTING_OUTCOMES,
  type LedgerEntry,
  type LedgerRun,
  type ScheduleState,
  type TickOutcome,
} from '@phi/core';

import { evaluableSchedule } from './evaluable-schedule.js';
import type { Services } from './services.js';

/** Which fire times are asked for. Instants in epoch milliseconds. */
export interface TickFilter {
  readonly limit: number;
  readonly outcome?: TickRecord['outcome'];
  /** Only those at it or after it. */
  readonly from_ms?: number;
  /** Only those before it. */
  readonly until_ms?: number;
  /** From the page before. */
  readonly before_ms?: number;
}

/** What a fire time came to. */
interface Settled {
  /** HELD: it is due, and the queue has no room for it now. */
  readonly outcome: TickOutcome | 'HELD';
  /** An error code. */
  readonly reason?: string;
  /** The execution that was open, with SKIPPED_RUNNING. */
  readonly detail?: string;
}

/** One nominal fire time and what it came to. */
export interface TickRecord extends Settled {
  /** Epoch milliseconds. */
  readonly nominal_ms: number;
  readonly execution_id?: string;
}

/** Fire times in a row that came to the same. */
export interface TickRun extends Settled {
  /** Epoch milliseconds. */
  readonly first_ms: number;
  readonly last_ms: number;
  readonly count: number;
}

export interface TickPage<Item> {
  readonly items: readonly Item[];
  /** Of what comes after, epoch milliseconds; absent on the last page. */
  readonly next_before_ms?: number;
}

interface PlacedRun extends Omit<LedgerRun, 'kind' | 'outcome'> {
  readonly outcome: TickRecord['outcome'];
  readonly job_id: string;
}

const STARTING: ReadonlySet<TickRecord['outcome']> = new Set(STARTING_OUTCOMES);

/**
 * What became of the fire times of a schedule, the latest first (docs/adr/0008-tick-ledger.md).
 *
 * @returns undefined where no such schedule is known
 */
export async function listTicks(
  services: Services,
  scheduleId: string,
  filter: TickFilter,
): Promise<TickPage<TickRecord> | undefined> {
  const runs = await runsWithin(services, scheduleId, filter);
  if (runs === undefined) return undefined;
  const items: TickRecord[] = [];
  for (const run of runs) {
    if (items.length > filter.limit) break;
    const left = filter.limit + 1 - items.length;
    items.push(...(await expand(services, scheduleId, run, { ...filter, limit: left })));
  }
  return pageOf(items, filter.limit, ({ nominal_ms }) => nominal_ms);
}

/**
 * The same as the ledger has it: fire times in a row that came to the same. Runs that reach into the time that is asked for
 * are answered whole.
 */
export async function listTickRuns(
  services: Services,
  scheduleId: string,
  filter: TickFilter,
): Promise<TickPage<TickRun> | undefined> {
  const runs = await runsWithin(services, scheduleId, filter);
  if (runs === undefined) return undefined;
  const items = runs.map(({ first_ms, last_ms, count, ...run }) => ({
    first_ms,
    last_ms,
    count,
    ...settledOf(run),
  }));
  return pageOf(items, filter.limit, ({ first_ms }) => first_ms);
}

function pageOf<Item>(items: readonly Item[], limit: number, timeOf: (item: Item) => number): TickPage<Item> {
  const shown = items.slice(0, limit);
  const last = items.length > limit ? shown.at(-1) : undefined;
  return last === undefined ? { items: shown } : { items: shown, next_before_ms: timeOf(last) };
}

/** The runs that a filter asks for a part of, the latest first. */
async function runsWithin(
  { schedules }: Services,
  scheduleId: string,
  filter: TickFilter,
): Promise<PlacedRun[] | undefined> {
  const [state, entries] = await Promise.all([schedules.get(scheduleId), schedules.ledger(scheduleId)]);
  if (state === undefined) return undefined;
  const { outcome, from_ms = -Infinity } = filter;
  const before = endOf(filter);
  return [...placedRuns(entries, state), ...heldRun(state)]
    .filter((run) => run.first_ms < before && run.last_ms >= from_ms)
    .filter((run) => outcome === undefined || run.outcome === outcome)
    .reverse();
}

function endOf({ until_ms = Infinity, before_ms = Infinity }: TickFilter): number {
  return Math.min(until_ms, before_ms);
}

function heldRun({ held, next_ms, job_id, revision }: ScheduleState): PlacedRun[] {
  if (held === undefined || next_ms === undefined) return [];
  const run = { outcome: 'HELD', first_ms: next_ms, last_ms: next_ms, count: 1, reason: held } as const;
  return [{ ...run, job_id, revision }];
}

/** The runs, each with the job that the schedule was of. */
function placedRuns(entries: readonly LedgerEntry[], state: ScheduleState): PlacedRun[] {
  const jobs = jobsOfEntries(entries, state.job_id);
  return entries.flatMap((entry, index) =>
    entry.kind === 'RUN' ? [{ ...entry, job_id: jobs[index] ?? state.job_id }] : [],
  );
}

function settledOf({ outcome, reason, detail }: Settled): Settled {
  return {
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
  };
}

async function expand(
  services: Services,
  scheduleId: string,
  run: PlacedRun,
  filter: TickFilter,
): Promise<TickRecord[]> {
  const times = await timesOf(services, run, filter);
  const executionOf = (nominal_ms: number): Pick<TickRecord, 'execution_id'> =>
    STARTING.has(run.outcome)
      ? { execution_id: scheduledExecutionId(services.namespace, run.job_id, scheduleId, nominal_ms) }
      : {};
  return times.map((nominal_ms) => ({ nominal_ms, ...settledOf(run), ...executionOf(nominal_ms) }));
}

/** The latest first. Where the configuration is gone only the ends of the run are known. */
async function timesOf(services: Services, run: PlacedRun, filter: TickFilter): Promise<number[]> {
  const { limit, from_ms = -Infinity } = filter;
  const before = endOf(filter);
  const schedule =
    run.count > 2
      ? evaluableSchedule(await services.catalog.definition(run.job_id, run.revision), run.first_ms)
      : undefined;
  const times =
    schedule === undefined
      ? [...new Set([run.first_ms, run.last_ms])].filter((time) => time < before)
      : latestFireTimes(schedule, run, before, limit);
  return times
    .filter((time) => time >= from_ms)
    .slice(-limit)
    .reverse();
}
