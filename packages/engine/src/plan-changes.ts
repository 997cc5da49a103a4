import type { CompiledGraph, DependencyEdge, JobDefinition } from '@phi/core';

import type { ApplyRequest, ApplyResult, JobChange } from './apply-definitions.js';
import { fieldChanges, type FieldChange } from './field-changes.js';
import { fireTimeChanges, type ChangedJob, type FireTimeChange } from './fire-time-changes.js';
import type { Services } from './services.js';

/** What an apply changes in the jobs, in the graph and in the fire times. */
export interface PlannedChanges {
  /** With the fields that differ, for a job that is updated. */
  readonly changes: readonly (JobChange & { readonly fields?: readonly FieldChange[] })[];
  readonly edges: { readonly added: readonly DependencyEdge[]; readonly removed: readonly DependencyEdge[] };
  /** Only schedules whose next fire times change. */
  readonly schedules: readonly FireTimeChange[];
}

type Applied = Extract<ApplyResult, { ok: true }>;

/** Says what an apply changes, from what it answered, dry or not. */
export async function planChanges(
  services: Services,
  request: Pick<ApplyRequest, 'definitions'>,
  { changes, before, graph }: Applied,
): Promise<PlannedChanges> {
  const changed = changedJobs(request.definitions, { changes, before });
  const ids = changed.flatMap((job) => [job.before?.schedule?.schedule_id, job.after?.schedule?.schedule_id]);
  const known = [...new Set(ids.filter((id) => id !== undefined))];
  const [states, now] = await Promise.all([services.schedules.getMany(known), services.schedules.now()]);
  return {
    changes: withFields(changes, changed),
    edges: edgeChanges(before.graph, graph, new Set(changed.map(({ job_id }) => job_id))),
    schedules: fireTimeChanges(changed, states, now),
  };
}

function changedJobs(
  definitions: readonly JobDefinition[],
  { changes, before }: Pick<Applied, 'changes' | 'before'>,
): ChangedJob[] {
  const given = new Map(definitions.map((definition) => [definition.job_id, definition]));
  return changes
    .filter(({ change }) => change !== 'UNCHANGED')
    .map(({ job_id, change }) => ({
      job_id,
      before: before.jobs.get(job_id)?.definition,
      after: change === 'REMOVED' ? undefined : given.get(job_id),
    }));
}

function withFields(
  changes: readonly JobChange[],
  changed: readonly ChangedJob[],
): PlannedChanges['changes'] {
  const jobs = new Map(changed.map((job) => [job.job_id, job]));
  return changes.map((change) => {
    const job = jobs.get(change.job_id);
    if (change.change !== 'UPDATED' || job === undefined) return change;
    return { ...change, fields: fieldChanges(job.before, job.after) };
  });
}

/**
 * The edges that come and go.
 *
 * @param changed - an edge that comes or goes has one of them at one end
 */
export function edgeChanges(
  before: Pick<CompiledGraph, 'edges'>,
  after: Pick<CompiledGraph, 'edges'>,
  changed: ReadonlySet<string>,
): PlannedChanges['edges'] {
  const old = edgesAt(before.edges, changed);
  const current = edgesAt(after.edges, changed);
  return {
    added: [...current].filter(([key]) => !old.has(key)).map(([, edge]) => edge),
    removed: [...old].filter(([key]) => !current.has(key)).map(([, edge]) => edge),
  };
}

function edgesAt(
  edges: readonly DependencyEdge[],
  jobs: ReadonlySet<string>,
): ReadonlyMap<string, DependencyEdge> {
  const touched = edges.filter(({ from, to }) => jobs.has(from) || jobs.has(to));
  return new Map(touched.map((edge) => [JSON.stringify(edge), edge]));
}
