import {
  compileGraph,
  type CompiledGraph,
  type GraphJob,
  type JobDefinition,
  type JobRegistration,
} from '@phi/core';

import type { Catalog } from './catalog.js';
import { findTooFrequent, type TooFrequent } from './firing-rates.js';
import { registerJobs } from './register-jobs.js';
import { graphJob } from './registered-job.js';
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
  | { readonly ok: true; readonly changes: readonly JobChange[]; readonly graph: CompiledGraph }
  | { readonly ok: false; readonly refusal: 'CYCLE_DETECTED'; readonly cycle_path: readonly string[] }
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
    if (!planned.graph.is_valid && services.config.DEPENDENCY_CYCLE_DETECTION_ENABLED) {
      return { ok: false, refusal: 'CYCLE_DETECTED', cycle_path: planned.graph.cycle_path };
    }
    const frequent = tooFrequent(services, catalog, request, planned);
    if (frequent !== undefined) return { ok: false, refusal: 'TOO_FREQUENT', ...frequent };
    const done = { ok: true, changes: planned.changes, graph: planned.graph } as const;
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
  const jobs = new Map<string, GraphJob>(catalog.jobs);
  const texts = new Map<string, string>();
  const changes: JobChange[] = [];
  const changed: JobRegistration[] = [];
  for (const definition of request.definitions) {
    const known = jobs.get(definition.job_id);
    const text = JSON.stringify(definition);
    const before =
      texts.get(definition.job_id) ?? catalog.jobs.get(definition.job_id)?.registration.definition;
    if (known !== undefined && before === text) {
      changes.push({ job_id: definition.job_id, change: 'UNCHANGED', revision: known.revision });
      continue;
    }
    const last = known?.revision ?? circumstances.lastRevisions.get(definition.job_id) ?? 0;
    const registration = newRevision(definition.job_id, last + 1, text, request, circumstances.now);
    texts.set(definition.job_id, text);
    jobs.set(definition.job_id, graphJob(definition, registration.revision));
    changed.push(registration);
    changes.push({
      job_id: definition.job_id,
      change: known === undefined ? 'CREATED' : 'UPDATED',
      revision: registration.revision,
    });
  }
  for (const jobId of request.removed ?? []) {
    changes.push({ job_id: jobId, change: 'REMOVED', revision: jobs.get(jobId)?.revision ?? 0 });
    jobs.delete(jobId);
  }
  return { changes, changed, graph: compileGraph([...jobs.values()]) };
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
