import type { GraphJob, JobDefinition, JobRegistration, Schedule } from '@phi/core';

/** A job of the register, its definition read. */
export interface RegisteredJob extends GraphJob {
  readonly definition: JobDefinition;
  readonly registration: JobRegistration;
}

export interface ScheduledJob extends RegisteredJob {
  readonly schedule: Schedule;
}

/** A registered definition as the graph sees it. */
export function registeredJob(registration: JobRegistration): RegisteredJob {
  const definition = JSON.parse(registration.definition) as JobDefinition;
  return { ...graphJob(definition, registration.revision), definition, registration };
}

export function graphJob(definition: JobDefinition, revision: number): GraphJob {
  return {
    job_id: definition.job_id,
    revision,
    started_by_dependencies: definition.trigger_on_dependencies,
    dependencies: definition.dependencies,
  };
}
