import type * as z from 'zod';
import { sourceFault } from '../events/trigger-source.js';
import { dataDependencyId, outputDependencyId, referencedJobs } from '../graph/job-links.js';
import { findOutputReferences } from '../graph/output-references.js';
import { checkDefaultParameters, type Parameterized } from './default-parameters.js';
import type { EventTriggerType } from './trigger.js';

interface Dependencylike {
  readonly dependency_id?: string | undefined;
  readonly upstream_job_id: string;
}

interface Triggerlike {
  readonly trigger_id?: string | undefined;
  readonly trigger_type: EventTriggerType;
  readonly source: string;
}

interface Joblike extends Parameterized {
  readonly job_id: string;
  readonly triggers?: readonly Triggerlike[] | undefined;
  readonly dependencies?: readonly Dependencylike[] | undefined;
  readonly consumes?: readonly string[] | undefined;
  readonly timeout_action?: string | undefined;
  readonly timeout_extension_seconds?: number | null | undefined;
}

/** What the fields of a JobDefinition demand of one another. */
export function checkJob(job: Joblike, context: z.RefinementCtx): void {
  const dependencies = job.dependencies ?? [];
  dependencies.forEach(({ upstream_job_id }, index) => {
    if (upstream_job_id === job.job_id) {
      refuse(context, ['dependencies', index, 'upstream_job_id'], 'is the job itself', 'another job');
    }
  });
  refuseRepeated(
    context,
    'dependencies',
    'dependency_id',
    dependencies.map((dependency) => dependencyId(job.job_id, dependency)),
  );
  checkInferredDependencies(job, context);
  refuseRepeated(
    context,
    'triggers',
    'trigger_id',
    (job.triggers ?? []).map((trigger, index) => triggerId(job.job_id, trigger, index)),
  );
  (job.triggers ?? []).forEach(({ trigger_type, source }, index) => {
    const fault = sourceFault(trigger_type, source);
    if (fault !== undefined) refuse(context, ['triggers', index, 'source'], fault.reason, fault.accepted);
  });
  checkDefaultParameters(job, context);
  if (job.timeout_action === 'EXTEND' && typeof job.timeout_extension_seconds !== 'number') {
    refuse(
      context,
      ['timeout_extension_seconds'],
      'is required with timeout_action EXTEND',
      'whole seconds from 1',
    );
  }
}

/** What the resolver infers from a job must be told from what it declares, and be there at all. */
function checkInferredDependencies(job: Joblike, context: z.RefinementCtx): void {
  const { references, malformed } = findOutputReferences(job.parameters);
  for (const { path } of malformed) {
    refuse(
      context,
      ['parameters', ...path],
      'begins as a reference to an output and is none',
      '${{ jobs.<job_id>.outputs.<name> }}',
    );
  }
  for (const { job_id, path } of references) {
    if (job_id === job.job_id)
      refuse(
        context,
        ['parameters', ...path],
        'takes an output of the job itself',
        'an output of another job',
      );
  }
  const dependencies = job.dependencies ?? [];
  const inferred = new Set([
    ...(job.consumes ?? []).map((dataset) => dataDependencyId(job.job_id, dataset)),
    ...referencedJobs({ dependencies, references }).map(({ job_id }) =>
      outputDependencyId(job.job_id, job_id),
    ),
  ]);
  dependencies.forEach((dependency, index) => {
    const id = dependencyId(job.job_id, dependency);
    if (!inferred.has(id)) return;
    const reason = `is that of a dependency which the job has by what it consumes or refers to: ${id}`;
    refuse(
      context,
      ['dependencies', index, 'dependency_id'],
      reason,
      'another dependency_id, unique in the job',
    );
  });
}

/** A dependency's own id, or the one that follows from its two jobs. */
export function dependencyId(jobId: string, dependency: Dependencylike): string {
  return dependency.dependency_id ?? `${jobId}.${dependency.upstream_job_id}`;
}

/** A trigger's own id, or the one that follows from its job and its place. */
export function triggerId(jobId: string, trigger: Triggerlike, index: number): string {
  return trigger.trigger_id ?? `${jobId}.trigger-${String(index + 1)}`;
}

function refuseRepeated(context: z.RefinementCtx, list: string, field: string, ids: readonly string[]): void {
  ids.forEach((id, index) => {
    const first = ids.indexOf(id);
    if (first === index) return;
    refuse(
      context,
      [list, index, field],
      `repeats that of ${list}[${String(first)}]: ${id}`,
      `another ${field}, unique in the job`,
    );
  });
}

function refuse(
  context: z.RefinementCtx,
  path: (string | number)[],
  message: string,
  accepted: string,
): void {
  context.addIssue({ code: 'custom', path, message, params: { accepted } });
}
