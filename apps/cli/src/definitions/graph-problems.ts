import {
  describeIssue,
  nearest,
  type CompiledGraph,
  type GraphIssue,
  type LoadResult,
  type Problem,
} from '@phi/core';

/** A guess looks at every job's name: more of them would cost more than they help. */
const GUESSES = 20;

/**
 * What is wrong with the graph of some files, at its places in them. A missing upstream may be registered already, so that it is
 * only worth a word.
 *
 * @param isCycleRefused - DEPENDENCY_CYCLE_DETECTION_ENABLED
 */
export function graphProblems(
  { issues, jobs }: CompiledGraph,
  locate: LoadResult['locate'],
  isCycleRefused: boolean,
): { problems: Problem[]; warnings: Problem[] } {
  let guesses = GUESSES;
  const problems: Problem[] = [];
  const warnings: Problem[] = [];
  // The files say already which job is defined twice, and where.
  for (const issue of issues.filter(({ kind }) => kind !== 'REPEATED_JOB')) {
    const isAbsent = issue.kind === 'MISSING_UPSTREAM' || issue.kind === 'UNKNOWN_REFERENCE';
    const guess = isAbsent && guesses-- > 0 ? nearest(String(issue.value), jobs) : undefined;
    const isRefused = issue.severity === 'error' && (isCycleRefused || issue.kind !== 'CYCLE');
    (isRefused ? problems : warnings).push(locate(inWords(issue, guess)));
  }
  return { problems, warnings };
}

function inWords(issue: GraphIssue, guess: string | undefined): Parameters<LoadResult['locate']>[0] {
  const near = guess === undefined ? [] : [guess];
  const { code, reason, accepted } = describeIssue(issue, { among: 'FILES', near });
  const { job_id, path, value, kind } = issue;
  return { job_id, path, value, accepted, reason: kind === 'CYCLE' ? `${String(code)}: ${reason}` : reason };
}
