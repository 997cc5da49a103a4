import { graphJob, type GraphJob, type JobDefinition, type JobRegistration, type Schedule } from '@phi/core';

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
