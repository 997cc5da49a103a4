import type { Dependency } from '../schema/dependency.js';
import type { OutputReference } from './output-references.js';

/** What the resolver needs of a declared dependency. */
export type GraphDependency = Pick<
  Dependency,
  'dependency_id' | 'upstream_job_id' | 'dependency_type' | 'join' | 'condition' | 'window'
>;

/** What the resolver needs of a job. */
export interface GraphJob {
  readonly job_id: string;
  readonly revision: number;
  /** False where the job has a schedule or trigger of its own and did not ask to be started by its dependencies too. */
  readonly started_by_dependencies: boolean;
  readonly dependencies: readonly GraphDependency[];
  /** Datasets that it reads. */
  readonly consumes: readonly string[];
  /** Datasets that it publishes. */
  readonly produces: readonly string[];
  /** Outputs of other jobs that its parameters take. */
  readonly references: readonly OutputReference[];
}
