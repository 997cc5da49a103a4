import type { CreateCommand, CreateResult, ExhaustionRefusal, Problem } from '@phi/core';

import type { Catalog } from './catalog.js';
import type { RegisteredJob } from './registered-job.js';
import type { Services } from './services.js';

/** What a trigger knows of the run it starts; the rest follows from the registered graph. */
export type RootCommand = Omit<CreateCommand, 'plan_id' | 'run_id' | 'graph_id' | 'capacity'>;

export type StartRefusal =
  | {
      readonly ok: false;
      readonly refusal:
        | 'UNKNOWN_JOB'
        | 'JOB_DISABLED'
        | 'STALE_TICK'
        | 'SKIPPED_RUNNING'
        | 'QUEUE_FULL'
        | 'CONCURRENCY_LIMIT'
        | 'UPGRADE_REQUIRED'
        | 'CORRUPT_RECORD'
        | 'GRAPH_UNSETTLED';
    }
  | ExhaustionRefusal
  | { readonly ok: false; readonly refusal: 'INVALID_PARAMETERS'; readonly problems: readonly Problem[] };

export type StartResult = Extract<CreateResult, { ok: true }> | StartRefusal;

/** How often the registered graph may change under a trigger before it gives up. */
const TRIES = 5;

/**
 * Creates the root execution of a run under the graph registered now.
 *
 * The catalog in memory is tried first: the script refuses it when another one is registered, so that the
 * usual trigger costs one call.
 *
 * @param command - derived from the job as registered, or a refusal of it
 */
export async function startRun(
  services: Services,
  jobId: string,
  command: (job: RegisteredJob) => RootCommand | StartRefusal,
): Promise<StartResult> {
  let catalog = await services.catalog.cachedOrRead();
  for (let tried = 0; tried < TRIES; tried++) {
    const result = await tryToStart(services, catalog, jobId, command);
    if (result === 'refresh') catalog = await services.catalog.refresh(catalog);
    else if (result !== 'again') return result;
  }
  return { ok: false, refusal: 'GRAPH_UNSETTLED' };
}

async function tryToStart(
  services: Services,
  catalog: Catalog,
  jobId: string,
  toCommand: (job: RegisteredJob) => RootCommand | StartRefusal,
): Promise<StartResult | 'refresh' | 'again'> {
  const job = catalog.jobs.get(jobId);
  const command = job === undefined ? ({ ok: false, refusal: 'UNKNOWN_JOB' } as const) : toCommand(job);
  if ('refusal' in command) return (await isCurrent(services, catalog)) ? command : 'refresh';
  const plan = catalog.planOf(jobId);
  const root = {
    ...command,
    plan_id: plan.plan_id,
    run_id: command.execution_id,
    capacity: services.config.EXECUTOR_QUEUE_CAPACITY,
    ...graphOf(catalog),
  };
  const result = await services.executions.create(root);
  if (result.ok) return result;
  if (result.refusal === 'STALE_GRAPH') return 'refresh';
  if (result.refusal === 'EXHAUSTED' || result.refusal === 'REJECTED') return result;
  if (result.refusal !== 'UNKNOWN_PLAN') return { ok: false, refusal: result.refusal };
  await services.executions.savePlan(plan);
  return 'again';
}

function graphOf(catalog: Catalog): { graph_id?: string } {
  return catalog.graph_id === undefined ? {} : { graph_id: catalog.graph_id };
}

async function isCurrent(services: Services, catalog: Catalog): Promise<boolean> {
  return (await services.jobs.graphId()) === catalog.graph_id;
}
