import { row } from './row.js';

/** What can go wrong between jobs (specification: Dependency Resolution Errors). */
export const DEPENDENCY_CODES = {
  DEP_001_MISSING_UPSTREAM: row(
    'DEPENDENCY',
    null,
    'A job that this one depends on is not registered.',
    'Register the upstream job or remove the dependency; Phi checks again by itself.',
  ),
  DEP_002_CYCLE_DETECTED: row(
    'DEPENDENCY',
    null,
    'The jobs depend on each other in a circle.',
    'Remove one dependency of the circle that the message spells out.',
  ),
  DEP_003_TIMEOUT: row(
    'DEPENDENCY',
    null,
    'The dependencies were not met in time.',
    'See why the upstream job is late, or raise timeout_seconds of the dependency or of dependency_policy.',
  ),
  DEP_004_UPSTREAM_NOT_MET: row(
    'DEPENDENCY',
    null,
    'An upstream job ended in a way that does not meet the dependency.',
    'Find the failed upstream execution in the same run and rerun from there; or depend on COMPLETION.',
  ),
  DEP_005_STALE_REFERENCE: row(
    'DEPENDENCY',
    null,
    'A dependency refers to an output or dataset that is not there any more.',
    'Apply the definitions again, with the reference corrected.',
  ),
  DEP_006_WINDOW_MISSED: row(
    'DEPENDENCY',
    null,
    'The window of a temporal dependency was over before the execution could be queued.',
    'See what kept it, or raise within_seconds of the dependency.',
  ),
  DEP_007_CONDITION_FAILED: row(
    'DEPENDENCY',
    null,
    'The condition of a dependency could not be evaluated over its upstream.',
    'Correct the condition; has() tells whether a field is there.',
  ),
  DEP_008_OUTPUT_MISSING: row(
    'DEPENDENCY',
    'PERMANENT',
    'A parameter refers to an output that the upstream execution does not have.',
    'Correct the reference, or have the upstream set the output; an upstream that was skipped has none.',
  ),
} as const;
