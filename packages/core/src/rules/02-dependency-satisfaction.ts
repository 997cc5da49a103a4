/**
 * What has become of one dependency; false where its condition is, asked while that is to be evaluated, undecided where it still
 * waits, missing where its upstream is not registered.
 */
export const DEPENDENCY_VERDICTS = [
  'met',
  'waived',
  'unmet',
  'false',
  'skip',
  'missing',
  'asked',
  'undecided',
] as const;
export type DependencyVerdict = (typeof DEPENDENCY_VERDICTS)[number];

/** What all dependencies of an execution come to. */
export type DependencyStanding = 'READY' | 'WAITING' | 'BLOCKED' | 'MISSING';

export interface DependencyFacts {
  readonly require_all: boolean;
  /** One for each dependency. */
  readonly verdicts: readonly DependencyVerdict[];
}

const SATISFIED: ReadonlySet<DependencyVerdict> = new Set(['met', 'waived']);
const FAILED: ReadonlySet<DependencyVerdict> = new Set(['unmet', 'false', 'skip']);

/**
 * Whether an execution's dependencies let it run (specification: Rule 2, Dependency Satisfaction): READY when all are met, or
 * any one without `require_all`; BLOCKED when they cannot be met any more; MISSING when an upstream that is needed is not
 * registered; WAITING otherwise. Without dependencies it is READY.
 *
 * Decided by `standing.of` of the store (docs/adr/0004-release-in-the-completing-script.md); this states what it decides.
 */
export function dependencySatisfaction({ require_all, verdicts }: DependencyFacts): DependencyStanding {
  const count = (of: ReadonlySet<DependencyVerdict>): number =>
    verdicts.filter((verdict) => of.has(verdict)).length;
  const satisfied = count(SATISFIED);
  const failed = count(FAILED);
  if (satisfied === verdicts.length) return 'READY';
  if (!require_all) {
    if (satisfied > 0) return 'READY';
    return failed === verdicts.length ? 'BLOCKED' : 'WAITING';
  }
  if (failed > 0) return 'BLOCKED';
  return verdicts.includes('missing') ? 'MISSING' : 'WAITING';
}

/**
 * What has become of a dependency on what several produce: any of them meets it, and all have to fail for it to fail.
 *
 * @param verdicts - one for each producer, at least one
 */
export function verdictOfProducers(verdicts: readonly DependencyVerdict[]): DependencyVerdict {
  return IN_ORDER.find((verdict) => verdicts.includes(verdict)) ?? 'undecided';
}

const IN_ORDER = ['met', 'undecided', 'asked', 'missing', 'waived', 'unmet', 'false', 'skip'] as const;

/** What the time that a dependency is waited for follows from, in seconds. */
export interface DependencyWait {
  /** The dependency's own; null or undefined where it has none. */
  readonly dependency: number | null | undefined;
  /** That of `dependency_policy`. */
  readonly policy: number | null;
  /** Whether the upstream is part of the run. */
  readonly inside: boolean;
  /** DEPENDENCY_RESOLUTION_TIMEOUT_SECONDS. */
  readonly outside: number;
}

/**
 * How long a dependency is waited for (specification: Rule 2, Dependency Satisfaction, `timeout_seconds`): as it says itself, else
 * its job, else as configured for an upstream that is not part of the run.
 *
 * @returns seconds from the creation of the execution; null without an end
 */
export function dependencyTimeout({ dependency, policy, inside, outside }: DependencyWait): number | null {
  return dependency ?? policy ?? (inside ? null : outside);
}
