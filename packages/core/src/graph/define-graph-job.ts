import type { JobDefinition } from '../schema/job-definition.js';
import type { GraphJob } from './graph-job.js';
import { findOutputReferences } from './output-references.js';

/** A definition as the resolver sees it. */
export function graphJob(definition: JobDefinition, revision: number): GraphJob {
  return {
    job_id: definition.job_id,
    revision,
    started_by_dependencies: definition.trigger_on_dependencies,
    dependencies: definition.dependencies,
    consumes: definition.consumes,
    produces: definition.produces,
    references: findOutputReferences(definition.parameters).references,
  };
}
