import { isTerminal, type RunPosition } from '@phi/core';

import type { Catalog } from './catalog.js';
import { retentionMs, shortestRetentionMs } from './retention.js';
import type { Services } from './services.js';

/** Where a round of trimming stands; undefined: at its beginning. */
export type TrimPosition = RunPosition | undefined;

export interface TrimResult {
  /** Executions removed. */
  readonly removed: number;
  /** Those of them whose time was not over: there were more than HISTORY_MAX_EXECUTIONS. */
  readonly early: number;
  readonly position: TrimPosition;
}

/** Runs that one slice looks at. */
const RUNS_AT_ONCE = 200;

/** A run that has ended long enough ago, with the executions that somebody may refer to. */
interface Candidate {
  readonly run_id: string;
  readonly executions: readonly string[];
  readonly early: boolean;
}

/**
 * Removes a slice of the runs that are not kept any longer: whole runs that ended longer ago than every one of their jobs asks for, unless they
 * hold dead letters or what others may still use as an upstream (specification: History Retention; docs/adr/0031-retention.md).
 */
export async function trimHistory(services: Services, position: TrimPosition): Promise<TrimResult> {
  const [now, catalog] = await Promise.all([services.schedules.now(), services.catalog.current()]);
  const excess = await countExcess(services);
  const shortest = shortestRetentionMs(services.config, catalog);
  const before = excess > 0 ? now : now - shortest;
  const runs = await services.history.oldestRuns(RUNS_AT_ONCE, before, position);
  const candidates = await candidatesOf(services, runs, { now, catalog, shortest, excess });
  const result = { removed: 0, early: 0 };
  for (const { run_id, early } of await unused(services, candidates)) {
    const removed = await removeWhole(services, run_id);
    result.removed += removed;
    if (early) result.early += removed;
  }
  const last = runs.length < RUNS_AT_ONCE ? undefined : runs.at(-1);
  return { ...result, position: last };
}

/** Times in milliseconds. */
interface Retention {
  readonly now: number;
  readonly catalog: Catalog;
  readonly shortest: number;
  /** Executions beyond HISTORY_MAX_EXECUTIONS. */
  readonly excess: number;
}

/** Those runs whose time is over, or that are too many. */
async function candidatesOf(
  services: Services,
  runs: readonly RunPosition[],
  { now, catalog, shortest, excess }: Retention,
): Promise<readonly Candidate[]> {
  const candidates: Candidate[] = [];
  let left = excess;
  for (const { run_id } of runs) {
    const run = await services.runs.get(run_id);
    if (run?.finished_time === undefined) continue;
    const isEarly = run.finished_time > now - shortest;
    if (isEarly && left <= 0) continue;
    const executions = await services.runs.executions(run_id);
    const records = await services.executions.getMany(executions);
    // What cannot be read is for others to mend first.
    if (records.length < executions.length || records.some(({ status }) => !isTerminal(status))) continue;
    const keptMs = longest(records.map((x) => retentionMs(services.config, catalog, x.job_id, x.job_type)));
    const early = run.finished_time + keptMs > now;
    if (early && left <= 0) continue;
    left -= executions.length;
    candidates.push({ run_id, executions: records.map(({ execution_id }) => execution_id), early });
  }
  return candidates;
}

async function countExcess({ config, history }: Services): Promise<number> {
  const most = config.HISTORY_MAX_EXECUTIONS;
  return most === null ? 0 : (await history.countEnded()) - most;
}

function longest(times: readonly number[]): number {
  return times.reduce((most, time) => Math.max(most, time), 0);
}

/**
 * Those that no execution that is open, or still to come, refers to. What is offered is asked first: what is not, nobody can begin to use
 * between the two questions.
 */
async function unused(services: Services, candidates: readonly Candidate[]): Promise<readonly Candidate[]> {
  if (candidates.length === 0) return [];
  const offered = await services.history.offered(candidates.flatMap(({ executions }) => executions));
  const left = candidates.filter(({ executions }) => !executions.some((id) => offered.has(id)));
  if (left.length === 0) return [];
  const used = await services.history.usedByOpen();
  return left.filter(({ executions }) => !executions.some((id) => used.has(id)));
}

async function removeWhole(services: Services, runId: string): Promise<number> {
  for (let count = 0; ;) {
    const result = await services.history.removeRun(runId);
    if (!result.ok) return count;
    count += result.removed;
    if (!result.more) return count;
  }
}
