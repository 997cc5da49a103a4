import {
  findParameterProblems,
  findUnsupported,
  formatPath,
  resolveJobDefinition,
  type AuthoredJobDefinition,
  type AuthoredPool,
  type JobDefinition,
  type PhiConfig,
  type Problem,
} from '@phi/core';
import type { Catalog } from '@phi/engine';
import { PARAMETER_SCHEMAS } from '@phi/modules/parameters';

import type { DefinitionsBody } from './definitions-body.js';

export interface CheckedDefinitions {
  readonly definitions: readonly JobDefinition[];
  /** Nothing may be applied while there are any. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
}

/** Path of the job at an index, in what the caller sent. */
export type PlaceOfJob = (index: number) => readonly (string | number)[];

/**
 * Checks what a schema cannot: features that this build does not act on, parameters of modules, names used twice, schedules that belong to
 * another job.
 */
export function checkDefinitions(
  body: DefinitionsBody,
  catalog: Catalog,
  config: PhiConfig,
  placeOf: PlaceOfJob,
): CheckedDefinitions {
  const definitions = body.jobs.map((job) => resolveJobDefinition(job, config));
  const uses = body.jobs.flatMap((job, index) => unsupportedOf(job, placeOf(index)));
  return {
    definitions,
    problems: [
      ...uses.filter(({ severity }) => severity === 'error').map(({ problem }) => problem),
      ...body.jobs.flatMap((job, index) => parametersOf(job, placeOf(index))),
      ...repeatedJobs(definitions, placeOf),
      ...foreignSchedules(definitions, catalog, placeOf),
      ...repeatedPools(body.pools ?? []),
    ],
    warnings: uses.filter(({ severity }) => severity === 'warning').map(({ problem }) => problem),
  };
}

function unsupportedOf(
  job: AuthoredJobDefinition,
  place: readonly (string | number)[],
): { severity: 'error' | 'warning'; problem: Problem }[] {
  return findUnsupported(job).map(({ path, severity, reason, accepted, value }) => ({
    severity,
    problem: { field: formatPath([...place, ...path]), reason, accepted, value },
  }));
}

function parametersOf(job: AuthoredJobDefinition, place: readonly (string | number)[]): Problem[] {
  return findParameterProblems(job, PARAMETER_SCHEMAS, place).map(({ field, reason, accepted, value }) => ({
    field,
    reason,
    accepted,
    value,
  }));
}

function repeatedJobs(definitions: readonly JobDefinition[], placeOf: PlaceOfJob): Problem[] {
  const first = new Map<string, number>();
  return definitions.flatMap(({ job_id }, index) => {
    const earlier = first.get(job_id);
    if (earlier === undefined) {
      first.set(job_id, index);
      return [];
    }
    const field = formatPath([...placeOf(index), 'job_id']);
    return [
      {
        field,
        reason: `repeats ${formatPath([...placeOf(earlier), 'job_id'])}`,
        accepted: 'each job once',
        value: job_id,
      },
    ];
  });
}

function foreignSchedules(
  definitions: readonly JobDefinition[],
  catalog: Catalog,
  placeOf: PlaceOfJob,
): Problem[] {
  const owners = new Map<string, string>();
  const applied = new Set(definitions.map(({ job_id }) => job_id));
  for (const [jobId, { definition }] of catalog.jobs) {
    if (definition.schedule !== null && !applied.has(jobId))
      owners.set(definition.schedule.schedule_id, jobId);
  }
  return definitions.flatMap(({ job_id, schedule }, index) => {
    if (schedule === null) return [];
    const owner = owners.get(schedule.schedule_id);
    owners.set(schedule.schedule_id, job_id);
    if (owner === undefined || owner === job_id) return [];
    const field = formatPath([...placeOf(index), 'schedule', 'schedule_id']);
    return [
      {
        field,
        reason: `belongs to the job ${owner}`,
        accepted: 'an id that no other job uses',
        value: schedule.schedule_id,
      },
    ];
  });
}

function repeatedPools(pools: readonly AuthoredPool[]): Problem[] {
  const first = new Map<string, number>();
  return pools.flatMap(({ name }, index) => {
    const earlier = first.get(name);
    if (earlier === undefined) {
      first.set(name, index);
      return [];
    }
    const reason = `repeats pools[${String(earlier)}].name`;
    return [{ field: formatPath(['pools', index, 'name']), reason, accepted: 'each pool once', value: name }];
  });
}
