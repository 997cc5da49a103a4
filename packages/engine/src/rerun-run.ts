import type { ExecutionRecord, ExecutionStatus, OpenedPass, PassResult } from '@phi/core';

import { planAgain } from './plan-again.js';
import type { Services } from './services.js';

export interface RerunRequest {
  readonly run_id: string;
  /** The jobs to run again; left out: those that failed, or were cancelled by hand. */
  readonly from?: readonly string[] | undefined;
  /** The chain that the job of `from` must still stand at, by the attempt that ended it: refused where it has been run again since. */
  readonly instead_of?: string;
  /** By which definitions: those of the run, or those that are registered now. Default: THEN. */
  readonly definition?: 'THEN' | 'NOW' | undefined;
  /** The same key opens one pass, however often it is asked for. */
  readonly idempotency_key?: string | undefined;
  /** Who asks, and why, for the history. */
  readonly actor: string;
  readonly detail?: string | undefined;
}

export type RerunResult =
  | ({ readonly ok: true } & OpenedPass)
  | {
      readonly ok: false;
      readonly refusal: 'UNKNOWN_RUN' | 'NOTHING_FAILED';
    }
  | Extract<PassResult, { ok: false }>
  /** With the newest execution of the job, and how it stands. */
  | {
      readonly ok: false;
      readonly refusal: 'RUN_AGAIN';
      readonly execution_id: string;
      readonly status: ExecutionStatus;
    }
  /** UNKNOWN_JOB: they have no execution in the run. JOB_GONE: they are not registered any more, or not behind the root of the run. */
  | {
      readonly ok: false;
      readonly refusal: 'UNKNOWN_JOB' | 'JOB_GONE';
      readonly jobs: readonly string[];
    };

/** How often another pass may be opened under a request before it gives up. */
const TRIES = 5;

/**
 * Runs a run again from some of its jobs on, in a new pass: they run with the parameters and upstreams they had, and what comes after them and
 * has not run is carried on (specification: Recovery Manager; design: Lifecycle).
 */
export async function rerunRun(services: Services, request: RerunRequest): Promise<RerunResult> {
  const op = request.idempotency_key ?? services.ids.next();
  let result: RerunResult = { ok: false, refusal: 'STALE_PASS' };
  for (let tried = 0; tried < TRIES && !result.ok && result.refusal === 'STALE_PASS'; tried++)
    result = await tryToRerun(services, request, op);
  if (result.ok) return result;
  // What was found may be what the same request has done meanwhile.
  const opened = await services.runs.passOpenedBy(request.run_id, op);
  return opened === undefined ? result : { ok: true, ...opened };
}

async function tryToRerun(services: Services, request: RerunRequest, op: string): Promise<RerunResult> {
  const { run_id } = request;
  const opened = await services.runs.passOpenedBy(run_id, op);
  if (opened !== undefined) return { ok: true, ...opened };
  const [run, latest, ids] = await Promise.all([
    services.runs.get(run_id),
    services.runs.latestPass(run_id),
    services.runs.executions(run_id),
  ]);
  if (run === undefined) return { ok: false, refusal: 'UNKNOWN_RUN' };
  const chains = latestChains(await services.executions.getMany(ids));
  const unknown = (request.from ?? []).filter((jobId) => !chains.has(jobId));
  if (unknown.length > 0) return { ok: false, refusal: 'UNKNOWN_JOB', jobs: unknown };
  const later = runAgainSince(chains, request);
  if (later !== undefined)
    return {
      ok: false,
      refusal: 'RUN_AGAIN',
      execution_id: later.execution_id,
      status: later.status,
    };
  const chosen = new Set(
    request.from ?? [...chains.values()].filter(asksForRerun).map(({ job_id }) => job_id),
  );
  const plan =
    request.definition === 'NOW'
      ? await planAgain(services, run.job_id, await jobsOfRun(services, chains), chosen)
      : { plan_id: undefined };
  if ('gone' in plan) return { ok: false, refusal: 'JOB_GONE', jobs: plan.gone };
  const { plan_id } = plan;
  const after = await jobsAfter(services, chains, chosen, plan_id);
  const roots = [...chosen].filter((jobId) => !after.has(jobId));
  if (roots.length === 0) return { ok: false, refusal: 'NOTHING_FAILED' };
  const result = await services.runs.openPass({
    run_id,
    expected_pass: latest,
    op,
    roots: roots.map((jobId) => ({ execution_id: chains.get(jobId)?.execution_id ?? '' })),
    members: [...roots, ...after],
    actor: request.actor,
    capacity: services.config.EXECUTOR_QUEUE_CAPACITY,
    ...(request.detail === undefined ? {} : { detail: request.detail }),
    ...(plan_id === undefined ? {} : { plan_id }),
  });
  return result.ok ? { ok: true, pass: result.pass, from: roots, after: [...after] } : result;
}

function runAgainSince(
  chains: ReadonlyMap<string, ExecutionRecord>,
  { from = [], instead_of }: RerunRequest,
): ExecutionRecord | undefined {
  if (instead_of === undefined) return undefined;
  return from
    .flatMap((jobId) => chains.get(jobId) ?? [])
    .find(({ execution_id }) => execution_id !== instead_of);
}

/** The latest attempt of the latest pass of each job. */
function latestChains(records: readonly ExecutionRecord[]): Map<string, ExecutionRecord> {
  const latest = new Map<string, ExecutionRecord>();
  for (const record of records) {
    const known = latest.get(record.job_id);
    if (known === undefined || isLater(record, known)) latest.set(record.job_id, record);
  }
  return latest;
}

function isLater(a: ExecutionRecord, b: ExecutionRecord): boolean {
  return a.pass === b.pass ? a.attempt_number > b.attempt_number : a.pass > b.pass;
}

/** What a run is run again for: what failed, and what somebody cancelled; the rest of it follows from these. */
function asksForRerun({ status, reason = '' }: ExecutionRecord): boolean {
  if (status === 'FAILED' || status === 'TIMEOUT') return true;
  return status === 'CANCELLED' && (reason.startsWith('CANCEL_001') || reason === 'DEP_003_TIMEOUT');
}

/** Every job of a run: those that have an execution, and those that come after them by its plan. */
async function jobsOfRun(
  services: Services,
  chains: ReadonlyMap<string, ExecutionRecord>,
): Promise<Set<string>> {
  const behind = await jobsBehind(services, chains, {
    from: chains.keys(),
    takes: (jobId) => !chains.has(jobId),
  });
  return new Set([...chains.keys(), ...behind]);
}

/** The jobs after the chosen ones, within the run, that have not run or are chosen as well. */
function jobsAfter(
  services: Services,
  chains: ReadonlyMap<string, ExecutionRecord>,
  chosen: ReadonlySet<string>,
  plan: string | undefined,
): Promise<Set<string>> {
  const takes = (jobId: string): boolean => chosen.has(jobId) || hasNotRun(chains.get(jobId));
  return jobsBehind(services, chains, { from: chosen, takes, plan });
}

interface Search {
  readonly from: Iterable<string>;
  /** Whether a job is one of those that are looked for; what comes after it is looked at then. */
  readonly takes: (jobId: string) => boolean;
  /** By which they come after; left out: by the one of each. */
  readonly plan?: string | undefined;
}

/** The jobs that come after some, layer by layer. */
async function jobsBehind(
  services: Services,
  chains: ReadonlyMap<string, ExecutionRecord>,
  { from, takes, plan }: Search,
): Promise<Set<string>> {
  const found = new Set<string>();
  let layer = [...from];
  while (layer.length > 0) {
    const next: string[] = [];
    const plans = plan === undefined ? byPlan(chains, layer) : new Map([[plan, layer]]);
    for (const [planId, jobIds] of plans) {
      const dependents = await services.runs.dependentsOf(planId, jobIds);
      for (const jobId of [...dependents.values()].flat()) {
        if (found.has(jobId) || !takes(jobId)) continue;
        found.add(jobId);
        next.push(jobId);
      }
    }
    layer = next;
  }
  return found;
}

/** A job that has no execution of its own yet was planned with the run. */
function byPlan(
  chains: ReadonlyMap<string, ExecutionRecord>,
  jobIds: readonly string[],
): Map<string, string[]> {
  const [any] = chains.values();
  const plans = new Map<string, string[]>();
  for (const jobId of jobIds) {
    const planId = (chains.get(jobId) ?? any)?.plan_id ?? '';
    plans.set(planId, [...(plans.get(planId) ?? []), jobId]);
  }
  return plans;
}

function hasNotRun(record: ExecutionRecord | undefined): boolean {
  return (
    record === undefined ||
    (record.completed_time !== undefined && record.started_time === undefined && record.attempt_number === 1)
  );
}
