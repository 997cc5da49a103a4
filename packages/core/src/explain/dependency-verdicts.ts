import type { DecidedEdge, StoredPlanEdge, StoredPlanJob } from '../ports/execution-store.js';
import {
  dependencySatisfaction,
  verdictOfProducers,
  type DependencyStanding,
  type DependencyVerdict,
} from '../rules/02-dependency-satisfaction.js';
import type { JsonObject } from '../schema/json.js';

/** An edge as it was planned, and what has become of it. Edges with the same dependency_id are one dependency. */
export interface PlannedDependency {
  readonly edge: StoredPlanEdge;
  readonly verdict: DependencyVerdict;
  readonly decided?: DecidedEdge;
}

/**
 * What has become of each edge that an execution was planned with (specification: Rule 2). Where all are required, one whose
 * upstream is not registered counts as missing whatever else is known of it.
 */
export function dependencyVerdicts(
  job: Pick<StoredPlanJob, 'edges' | 'require_all'>,
  decided: readonly DecidedEdge[],
): PlannedDependency[] {
  return job.edges.map((edge) => {
    const own = decided.find(
      ({ dependency_id, job_id }) => dependency_id === edge.dependency_id && job_id === edge.upstream_job_id,
    );
    if (edge.missing === true && (job.require_all || own === undefined)) return { edge, verdict: 'missing' };
    return own === undefined ? { edge, verdict: 'undecided' } : { edge, verdict: own.verdict, decided: own };
  });
}

/** What the dependencies of an execution come to, and what that follows from. */
export interface StandingOfDependencies {
  readonly standing: DependencyStanding;
  readonly inputs: JsonObject & { readonly require_all: boolean };
}

/** What they come to by the rule of core (specification: Rule 2). */
export function standingOfDependencies(
  { require_all }: Pick<StoredPlanJob, 'require_all'>,
  dependencies: readonly PlannedDependency[],
): StandingOfDependencies {
  const byId = new Map<string, DependencyVerdict[]>();
  for (const { edge, verdict } of dependencies)
    byId.set(edge.dependency_id, [...(byId.get(edge.dependency_id) ?? []), verdict]);
  const verdicts = Object.fromEntries([...byId].map(([id, of]) => [id, verdictOfProducers(of)]));
  const standing = dependencySatisfaction({ require_all, verdicts: Object.values(verdicts) });
  return { standing, inputs: { require_all, verdicts } };
}
