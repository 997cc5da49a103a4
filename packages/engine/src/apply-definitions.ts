import {
  graphJob,
  type CompiledGraph,
  type GraphChange,
  type GraphIssue,
  type JobDefinition,
  type JobRegistration,
} from '@phi/core';

import type { Catalog } from './catalog.js';
import { changeGraph } from './change-graph.js';
import { findTooFrequent, type TooFrequent } from './firing-rates.js';
import { reportCycles } from './report-dependency-errors.js';
import { registerJobs } from './register-jobs.js';
import type { Services } from './services.js';

export interface ApplyRequest {
  readonly definitions: readonly JobDefinition[];
  /** Jobs to take off the register; their history stays. */
  readonly removed?: readonly string[];
  readonly author: string;
  readonly reason?: string;
  /** Answers what would change, and changes nothing. */
  readonly dry_run?: boolean;
}

export const JOB_CHANGES = ['CREATED', 'UPDATED', 'UNCHANGED', 'REMOVED'] as const;

export interface JobChange {
  readonly job_id: string;
  readonly change: (typeof JOB_CHANGES)[number];
  /** The revision that stands after the change; the last one for a removed job. */
  readonly revision: number;
}

export type ApplyResult =
  | {
      readonly ok: true;
      readonly changes: readonly JobChange[];
      /** What was registered before. */
      readonly before: Catalog;
      /** Of all jobs, as they stand after it. */
      readonly graph: CompiledGraph;
    }
  /** Every error of the graph: its cycles, or that it is too large. */
  | { readonly ok: false; readonly refusal: 'INVALID_GRAPH'; readonly issues: readonly GraphIssue[] }
  /** The schedules would fire more often than SCHEDULER_MAX_FIRINGS_PER_SECOND allows. */
  | ({ readonly ok: false; readonly refusal: 'TOO_FREQUENT' } & TooFrequent)
  | { readonly ok: false; readonly refusal: 'UNKNOWN_JOB'; readonly job_ids: readonly string[] }
  | { readonly ok: false; readonly refusal: 'CONFLICT' };

interface Planned {
  readonly changes: readonly JobChange[];
  readonly changed: readonly JobRegistration[];
  readonly graph: CompiledGraph;
}

/** How often another apply may come in between. */
const TRIES = 5;

/**
 * Registers a set of job definitions, whole or not at all (specification: Dependency Resolver, Change Management).
 * A definition equal to the registered one makes no new revision.
 */
export async function applyDefinitions(services: Services, request: ApplyRequest): Promise<ApplyResult> {
  for (let tried = 0; tried < TRIES; tried++) {
    const catalog = await services.catalog.current();
    const now = await services.schedules.now();
    const unknown = (request.removed ?? []).filter((jobId) => !catalog.jobs.has(jobId));
    if (unknown.length > 0) return { ok: false, refusal: 'UNKNOWN_JOB', job_ids: unknown };
    const added = request.definitions
      .map((definition) => definition.job_id)
      .filter((jobId) => !catalog.jobs.has(jobId));
    const planned = plan(catalog, request, { now, lastRevisions: await services.jobs.lastRevisions(added) });
    const issues = refusedIssues(services, planned.graph);
    if (issues.length > 0) {
      if (request.dry_run !== true) await reportCycles(services, issues);
      return { ok: false, refusal: 'INVALID_GRAPH', issues };
    }
    const frequent = tooFrequent(services, catalog, request, planned);
    if (frequent !== undefined) return { ok: false, refusal: 'TOO_FREQUENT', ...frequent };
    const done = { ok: true, changes: planned.changes, before: catalog, graph: planned.graph } as const;
    if (request.dry_run === true || planned.changes.every(({ change }) => change === 'UNCHANGED'))
      return done;
    const registration = { ...planned, removed: request.removed ?? [] };
    if (await registerJobs(services, catalog, registration)) {
      await services.catalog.succeed(catalog, planned.graph.graph_id, registration);
      return done;
    }
    await services.catalog.refresh(catalog);
  }
  return { ok: false, refusal: 'CONFLICT' };
}

/** With cycle detection switched off cycles are registered, and their members cannot run. */
function refusedIssues({ config }: Services, { is_valid, issues }: CompiledGraph): GraphIssue[] {
  if (is_valid) return [];
  const allowed = config.DEPENDENCY_CYCLE_DETECTION_ENABLED ? undefined : 'CYCLE';
  return issues.filter(({ severity, kind }) => severity === 'error' && kind !== allowed);
}

function tooFrequent(
  { catalog: reader, config }: Services,
  catalog: Catalog,
  { definitions, removed = [] }: ApplyRequest,
  planned: Planned,
): TooFrequent | undefined {
  const ids = new Set(planned.changed.map(({ job_id }) => job_id));
  const changed = definitions.filter(({ job_id }) => ids.has(job_id));
  const limit = config.SCHEDULER_MAX_FIRINGS_PER_SECOND;
  return findTooFrequent(catalog.jobs.values(), reader.rates, { changed, removed }, limit);
}

interface Circumstances {
  /** Redis' time, epoch milliseconds. */
  readonly now: number;
  /** Of jobs not registered now: the last revision they had before they were removed. */
  readonly lastRevisions: ReadonlyMap<string, number>;
}

function plan(catalog: Catalog, request: ApplyRequest, circumstances: Circumstances): Planned {
  const changes: JobChange[] = [];
  const changed: JobRegistration[] = [];
  const graphChanges: GraphChange[] = [];
  const latest = new Map<string, JobRegistration>();
  const latestOf = (jobId: string): JobRegistration | undefined =>
    latest.get(jobId) ?? catalog.jobs.get(jobId)?.registration;
  for (const definition of request.definitions) {
    const { job_id } = definition;
    const known = latestOf(job_id);
    const text = JSON.stringify(definition);
    if (known?.definition === text) {
      changes.push({ job_id, change: 'UNCHANGED', revision: known.revision });
      continue;
    }
    const revision = (known?.revision ?? circumstances.lastRevisions.get(job_id) ?? 0) + 1;
    const registration = newRevision(job_id, revision, text, request, circumstances.now);
    latest.set(job_id, registration);
    changed.push(registration);
    changes.push({ job_id, change: known === undefined ? 'CREATED' : 'UPDATED', revision });
    graphChanges.push({ put: graphJob(definition, revision) });
  }
  for (const job_id of request.removed ?? []) {
    changes.push({ job_id, change: 'REMOVED', revision: latestOf(job_id)?.revision ?? 0 });
    graphChanges.push({ remove: job_id });
  }
  return { changes, changed, graph: changeGraph(catalog, graphChanges) };
}

function newRevision(
  job_id: string,
  revision: number,
  definition: string,
  request: ApplyRequest,
  time: number,
): JobRegistration {
  const base = { job_id, revision, definition, author: request.author, time };
  return request.reason === undefined ? base : { ...base, reason: request.reason };
}
