import {
  jobsOfEntries,
  latestFireTimes,
  scheduledExecutionId,
  STARTING_OUTCOMES,
  type JobDefinition,
  type LedgerEntry,
  type LedgerRun,
  type ScheduleState,
  type TickOutcome,
} from '@phi/core';

import type { Services } from './services.js';

/** One nominal fire time and what it came to. */
export interface TickRecord {
  /** Epoch milliseconds. */
  readonly nominal_ms: number;
  /** HELD: it is due, and the queue has no room for it now. */
  readonly outcome: TickOutcome | 'HELD';
  readonly execution_id?: string;
  /** An error code. */
  readonly reason?: string;
  /** The execution that was open, with SKIPPED_RUNNING. */
  readonly detail?: string;
}

export interface TickPage {
  readonly items: readonly TickRecord[];
  /** Of what comes after, epoch milliseconds; absent on the last page. */
  readonly next_before_ms?: number;
}

interface PlacedRun extends LedgerRun {
  readonly job_id: string;
}

const STARTING: ReadonlySet<TickOutcome> = new Set(STARTING_OUTCOMES);

/**
 * What became of the fire times of a schedule, the latest first (docs/adr/0008-tick-ledger.md).
 *
 * @param page - `before_ms`: only fire times before it, epoch milliseconds; `outcome`: only those
 * @returns undefined where no such schedule is known
 */
export async function listTicks(
  services: Services,
  scheduleId: string,
  page: { readonly limit: number; readonly before_ms?: number; readonly outcome?: TickRecord['outcome'] },
): Promise<TickPage | undefined> {
  const [state, entries] = await Promise.all([
    services.schedules.get(scheduleId),
    services.schedules.ledger(scheduleId),
  ]);
  if (state === undefined) return undefined;
  const before = page.before_ms ?? Infinity;
  const wanted = (outcome: TickRecord['outcome']): boolean =>
    page.outcome === undefined || page.outcome === outcome;
  const items: TickRecord[] = heldTick(state).filter(
    ({ nominal_ms, outcome }) => nominal_ms < before && wanted(outcome),
  );
  for (const run of placedRuns(entries, state).toReversed()) {
    if (items.length > page.limit) break;
    if (run.first_ms >= before || !wanted(run.outcome)) continue;
    const left = page.limit + 1 - items.length;
    items.push(...(await expand(services, scheduleId, run, { before, left })));
  }
  const shown = items.slice(0, page.limit);
  const last = items.length > page.limit ? shown.at(-1) : undefined;
  return last === undefined ? { items: shown } : { items: shown, next_before_ms: last.nominal_ms };
}

function heldTick({ held, next_ms }: ScheduleState): TickRecord[] {
  return held === undefined || next_ms === undefined
    ? []
    : [{ nominal_ms: next_ms, outcome: 'HELD', reason: held }];
}

/** The runs, each with the job that the schedule was of. */
function placedRuns(entries: readonly LedgerEntry[], state: ScheduleState): PlacedRun[] {
  const jobs = jobsOfEntries(entries, state.job_id);
  return entries.flatMap((entry, index) =>
    entry.kind === 'RUN' ? [{ ...entry, job_id: jobs[index] ?? state.job_id }] : [],
  );
}

async function expand(
  services: Services,
  scheduleId: string,
  run: PlacedRun,
  { before, left }: { readonly before: number; readonly left: number },
): Promise<TickRecord[]> {
  const definition = await services.catalog.definition(run.job_id, run.revision);
  const times = timesOf(definition, run, before, left);
  const { outcome, reason, detail } = run;
  const about = {
    outcome,
    ...(reason === undefined ? {} : { reason }),
    ...(detail === undefined ? {} : { detail }),
  };
  return times.toReversed().map((nominal_ms) => ({
    nominal_ms,
    ...about,
    ...(STARTING.has(outcome)
      ? { execution_id: scheduledExecutionId(services.namespace, run.job_id, scheduleId, nominal_ms) }
      : {}),
  }));
}

/** Where the configuration is gone only the ends of the run are known. */
function timesOf(
  definition: JobDefinition | undefined,
  run: PlacedRun,
  before: number,
  atMost: number,
): readonly number[] {
  const schedule = definition?.schedule ?? undefined;
  if (run.count > 1 && schedule !== undefined) return latestFireTimes(schedule, run, before, atMost);
  return [...new Set([run.first_ms, run.last_ms])].filter((time) => time < before).slice(-atMost);
}
